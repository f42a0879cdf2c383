-- Searches order by metrics without reading every run: the latest value carries its run's experiment, which never changes.
ALTER TABLE latest_metrics ADD COLUMN experiment_id bigint;
UPDATE latest_metrics l SET experiment_id = r.experiment_id FROM runs r WHERE r.id = l.run_id;
ALTER TABLE latest_metrics ALTER COLUMN experiment_id SET NOT NULL;
DROP INDEX latest_metrics_value;
CREATE INDEX latest_metrics_order ON latest_metrics (experiment_id, key, is_nan, value, run_id);
-- Rare params and tags find their runs; values may be longer than an index entry, so their beginnings are kept
CREATE INDEX params_value ON params (key, left(value, 64), run_id);
CREATE INDEX run_tags_value ON run_tags (key, left(value, 64), run_id);
-- Values belong to keys: without knowing so the planner takes common values for rare ones
CREATE STATISTICS params_values (mcv) ON key, (left(value, 64)) FROM params;
CREATE STATISTICS run_tags_values (mcv) ON key, (left(value, 64)) FROM run_tags;

-- The one table that grows with every step of every training: 16 parts by run, each with its own index and vacuum.
-- No foreign key: it would be looked up for each point, and every writer holds its run's row anyway.
ALTER INDEX metrics_pkey RENAME TO metrics_whole_pkey;
ALTER TABLE metrics RENAME TO metrics_whole;
CREATE TABLE metrics (
  run_id text COLLATE "C", key text COLLATE "C", ts bigint, step bigint, value float8, is_nan boolean,
  PRIMARY KEY (run_id, key, ts, step, value, is_nan)) PARTITION BY HASH (run_id);
DO $$ BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE metrics_%s PARTITION OF metrics FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
  END LOOP;
END $$;
INSERT INTO metrics SELECT run_id, key, ts, step, value, is_nan FROM metrics_whole;
DROP TABLE metrics_whole;

-- A param is written once. Inside the batch's one statement only an error keeps the rest of the batch out;
-- ON CONFLICT looks at what is committed, so two writers at once cannot slip past each other.
CREATE FUNCTION refuse_param(run text, param text, old text, new text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'param changed' USING ERRCODE = 'AS001', DETAIL = json_build_object('key', param, 'old', old, 'new', new)::text;
END $$;
