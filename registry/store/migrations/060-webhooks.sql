-- Who is told of what: `events` are "entity.action" (domain/webhook-events.ts), `pattern` is the filter by model as LIKE has it.
-- `secret` is sealed with a key that is not in this database. `since` is the database's clock, as events of the lifecycle have it.
CREATE TABLE webhooks (
  id text COLLATE "C" PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE, name text NOT NULL, url text NOT NULL, description text,
  events text[] NOT NULL CHECK (cardinality(events) > 0), model text, pattern text, secret bytea,
  status text NOT NULL CHECK (status IN ('ACTIVE', 'DISABLED')), hold_until bigint NOT NULL DEFAULT 0,
  created bigint NOT NULL, updated bigint NOT NULL, created_by text NOT NULL,
  since bigint NOT NULL DEFAULT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
-- Outbox and log in one: a row is written in the transaction of the change, waits, and ends delivered or dead.
CREATE TABLE webhook_deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, webhook_id text COLLATE "C" NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  event text NOT NULL, model text COLLATE "C" NOT NULL, message jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
  queued bigint NOT NULL DEFAULT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, next_at bigint NOT NULL DEFAULT 0,
  attempts int NOT NULL DEFAULT 0, finished bigint, log jsonb NOT NULL DEFAULT '[]');
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, model, id) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_of ON webhook_deliveries (webhook_id, id DESC);
-- How far the history of the lifecycle's states (schema assay) has been told.
CREATE TABLE webhook_cursors (reader text PRIMARY KEY, position bigint NOT NULL);

-- One CloudEvent 1.0 for every webhook that wants it. Its extensions entity, action and timestamp beside `data` are what MLflow
-- sends, so that a receiver written for MLflow reads it unchanged. `origin` is registry or lifecycle.
CREATE FUNCTION queue_webhooks(event text, about text, subject text, data jsonb, at bigint, origin text) RETURNS void
LANGUAGE plpgsql SET search_path = registry, pg_catalog AS $$
DECLARE
  named text := event;
  instant text := to_char(to_timestamp(at / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  message jsonb;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM webhooks WHERE status = 'ACTIVE') THEN RETURN; END IF;
  -- MLflow keeps prompts as models and gives their events names of their own
  IF event LIKE 'model\_version\_alias.%' OR event LIKE 'model\_version\_tag.%' OR event LIKE 'prompt\_tag.%' THEN
    IF EXISTS (SELECT 1 FROM model_tags t WHERE t.name = about AND t.key = 'mlflow.prompt.is_prompt' AND lower(t.value) = 'true') THEN
      named := replace(replace(event, 'model_version_alias', 'prompt_alias'), 'model_version_tag', 'prompt_version_tag');
    ELSIF event LIKE 'prompt%' THEN
      RETURN;
    END IF;
  END IF;
  message := jsonb_build_object('specversion', '1.0', 'id', gen_random_uuid(), 'source', '/assay/' || origin,
    'type', 'dev.assay.' || origin || '.' || replace(named, '_', '-'), 'subject', subject, 'time', instant,
    'datacontenttype', 'application/json', 'entity', split_part(named, '.', 1), 'action', split_part(named, '.', 2),
    'timestamp', instant, 'data', data);
  INSERT INTO webhook_deliveries (webhook_id, event, model, message)
    SELECT w.id, named, about, message FROM webhooks w
    WHERE w.status = 'ACTIVE' AND named = ANY (w.events) AND (w.pattern IS NULL OR about LIKE w.pattern)
      -- The lifecycle is read afterwards: what happened before somebody subscribed is not for them
      AND (origin <> 'lifecycle' OR w.since <= at) ORDER BY w.seq;
  IF FOUND THEN PERFORM pg_notify('assay_webhooks', ''); END IF;
END $$;

-- Every change of an alias by whatever door, with who and why: a release's, a client's, one past the API and its putting back.
CREATE FUNCTION tell_alias_change() RETURNS trigger LANGUAGE plpgsql SET search_path = registry, pg_catalog AS $$
DECLARE
  before int := (SELECT h.version FROM alias_history h WHERE h.name = NEW.name AND h.alias = NEW.alias AND h.seq < NEW.seq ORDER BY h.seq DESC LIMIT 1);
BEGIN
  PERFORM queue_webhooks(CASE WHEN NEW.version IS NULL THEN 'model_version_alias.deleted' ELSE 'model_version_alias.created' END,
    NEW.name, NEW.name || '@' || NEW.alias,
    jsonb_strip_nulls(jsonb_build_object('name', NEW.name, 'alias', NEW.alias, 'version', NEW.version::text, 'previous_version', before::text,
      'by', NEW.by_subject, 'role', NEW.by_role, 'why', NEW.reason, 'origin', NEW.origin)), NEW.at, 'registry');
  RETURN NULL;
END $$;
CREATE TRIGGER alias_history_told AFTER INSERT ON alias_history FOR EACH ROW EXECUTE FUNCTION tell_alias_change();
