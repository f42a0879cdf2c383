-- What `assay import mlflow` brought: which source entity became which row, and with which content it was finished.
CREATE TABLE imported (
  kind text, source_id text COLLATE "C", target_id text COLLATE "C" NOT NULL, fingerprint text,
  -- false: it was here before, and keeps what it says of itself
  made boolean NOT NULL, imported_by text NOT NULL,
  begun bigint NOT NULL, finished bigint, PRIMARY KEY (kind, source_id));
-- Aliases that only a release may set: kept as what the source said, never live.
CREATE TABLE imported_aliases (
  name text COLLATE "C" REFERENCES registered_models ON UPDATE CASCADE ON DELETE CASCADE, alias text COLLATE "C", version int NOT NULL,
  imported_by text NOT NULL, at bigint NOT NULL, PRIMARY KEY (name, alias, version));
