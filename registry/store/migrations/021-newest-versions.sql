-- A model shows the newest version of each stage: found by the index, however many versions there are
CREATE INDEX model_versions_stage ON model_versions (name, stage, version) WHERE NOT deleted;
