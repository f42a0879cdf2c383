-- Doubled slashes in a version's source name the same folder: without them, so that its files are found sealed
CREATE INDEX model_versions_folder ON model_versions
  ((regexp_replace(regexp_replace(location, '^mlflow-artifacts:/+|/+$', '', 'g'), '/+', '/', 'g') COLLATE "C")) WHERE NOT deleted;
DROP INDEX model_versions_place;
