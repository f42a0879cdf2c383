-- What the registry's own look at the files of a version said; rows that are pending are the queue.
-- `asked` counts how often; an answer to an older question is not kept.
CREATE TABLE model_checks (
  name text COLLATE "C", version int, state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'ok', 'refused', 'none')),
  asked int NOT NULL DEFAULT 1, report jsonb, checked bigint, PRIMARY KEY (name, version),
  FOREIGN KEY (name, version) REFERENCES model_versions ON UPDATE CASCADE ON DELETE CASCADE);
CREATE INDEX model_checks_pending ON model_checks (name, version) WHERE state = 'pending';
