-- Every change of an alias, by whomever: the trigger writes it in the transaction of the change. Who changes one through the
-- API says so in "assay.actor" (alias-ledger.ts); a change that does not came past the API and is marked "direct".
CREATE TABLE alias_history (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL, alias text COLLATE "C" NOT NULL,
  version int, at bigint NOT NULL, origin text NOT NULL CHECK (origin IN ('assay', 'direct')),
  by_subject text NOT NULL, by_role text NOT NULL, reason text NOT NULL);
CREATE INDEX alias_history_of ON alias_history (name, alias, seq DESC);
CREATE INDEX alias_history_direct ON alias_history (seq) WHERE origin = 'direct';
INSERT INTO alias_history (name, alias, version, at, origin, by_subject, by_role, reason)
  SELECT name, alias, version, (extract(epoch FROM now()) * 1000)::bigint, 'assay', 'assay', 'service', 'in force before history was kept' FROM aliases;
CREATE FUNCTION note_alias_change() RETURNS trigger LANGUAGE plpgsql SET search_path = registry, pg_catalog AS $$
DECLARE
  actor jsonb := nullif(current_setting('assay.actor', true), '')::jsonb;
  made text := coalesce(actor->>'origin', CASE WHEN actor IS NULL THEN 'direct' ELSE 'assay' END);
  who text := coalesce(actor->>'subject', format('database user %s, %s', session_user, coalesce(nullif(current_setting('application_name'), ''), 'no application name')));
  part text := coalesce(actor->>'role', 'database');
  why text := coalesce(actor->>'reason', 'written past the registry''s API');
  instant bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;
BEGIN
  IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.name, OLD.alias) IS DISTINCT FROM (NEW.name, NEW.alias)) THEN
    INSERT INTO alias_history (name, alias, version, at, origin, by_subject, by_role, reason) VALUES (OLD.name, OLD.alias, NULL, instant, made, who, part, why);
  END IF;
  IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR OLD IS DISTINCT FROM NEW) THEN
    INSERT INTO alias_history (name, alias, version, at, origin, by_subject, by_role, reason) VALUES (NEW.name, NEW.alias, NEW.version, instant, made, who, part, why);
  END IF;
  PERFORM pg_notify('assay_registry', 'alias');
  RETURN NULL;
END $$;
CREATE TRIGGER aliases_noted AFTER INSERT OR UPDATE OR DELETE ON aliases FOR EACH ROW EXECUTE FUNCTION note_alias_change();
CREATE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'Cannot % %: it is append-only', lower(TG_OP), TG_TABLE_NAME USING errcode = 'insufficient_privilege'; END $$;
CREATE TRIGGER alias_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alias_history
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();
-- Outbox: what data scientists ask of the release flow; the control plane consumes it at least once
CREATE TABLE release_requests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL, version int NOT NULL, alias text NOT NULL,
  by_subject text NOT NULL, by_role text NOT NULL, at bigint NOT NULL, endpoint text NOT NULL, snapshot_dir text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'opened', 'refused')), answer text, answered bigint);
CREATE UNIQUE INDEX release_requests_waiting ON release_requests (name, version) WHERE state = 'waiting';
-- Who made or edited a version cannot approve its release
CREATE TABLE version_edits (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL, version int NOT NULL, at bigint NOT NULL,
  by_subject text NOT NULL, what text NOT NULL,
  FOREIGN KEY (name, version) REFERENCES model_versions ON UPDATE CASCADE ON DELETE CASCADE);
CREATE INDEX version_edits_of ON version_edits (name, version);
