-- A blob has its row before it has bytes, and its row as long as it may have bytes: what has no row is an orphan.
CREATE TABLE blobs (
  digest text COLLATE "C" PRIMARY KEY, size bigint NOT NULL, created bigint NOT NULL,
  blocks bytea, -- SHA-256 of each block of 1 MiB; null until a first read made it of a blob from before this table
  damaged boolean NOT NULL DEFAULT false);
INSERT INTO blobs (digest, size, created) SELECT digest, max(size), min(written) FROM artifacts GROUP BY digest;
-- Naming a blob takes a key lock on its row; deleting one locks the row, looks for names and claims, then takes the bytes
ALTER TABLE artifacts ADD FOREIGN KEY (digest) REFERENCES blobs;
CREATE TABLE blob_claims (id uuid PRIMARY KEY, digest text COLLATE "C" NOT NULL REFERENCES blobs, at bigint NOT NULL);
CREATE INDEX blob_claims_digest ON blob_claims (digest);
CREATE TABLE uploads (
  id uuid PRIMARY KEY, path text COLLATE "C" NOT NULL, token_digest text NOT NULL, parts int NOT NULL, subject text NOT NULL,
  created bigint NOT NULL, touched bigint NOT NULL, digest text COLLATE "C"); -- digest: set once it is complete
CREATE TABLE upload_parts (
  upload_id uuid REFERENCES uploads ON DELETE CASCADE, part int, etag text NOT NULL, size bigint NOT NULL, PRIMARY KEY (upload_id, part));
CREATE TABLE deletions (
  id uuid PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY, kind text NOT NULL, target text NOT NULL, subject text NOT NULL,
  requested bigint NOT NULL, finished bigint, files jsonb NOT NULL, receipt jsonb);
CREATE INDEX deletions_newest ON deletions (seq DESC);
CREATE INDEX deletions_pending ON deletions (seq) WHERE finished IS NULL;
-- Files below a live version's location are sealed; this finds the versions of a path
CREATE INDEX model_versions_place ON model_versions ((regexp_replace(location, '^mlflow-artifacts:/+|/+$', '', 'g') COLLATE "C")) WHERE NOT deleted;
