import { type Db, one } from './database.ts';
import { listJson, objectJson, PAIR_JSON, POINT_JSON, textJson } from './json.ts';

/** MLflow's `info` of row `r`; without `end_time` while it is unset, and 0 counts as unset. */
export const INFO_JSON = objectJson(
  {
    run_id: textJson('r.id'),
    run_uuid: textJson('r.id'),
    run_name: textJson('r.name'),
    experiment_id: textJson('r.experiment_id::text'),
    user_id: textJson('r.user_id'),
    status: textJson('r.status'),
    start_time: 'r.start_time',
    artifact_uri: textJson('r.artifact_uri'),
    lifecycle_stage: textJson('r.stage'),
  },
  { end_time: 'nullif(r.end_time, 0)' },
);

const list = (json: string, table: string, order: string, only = '') =>
  listJson(json, order, `${table} WHERE run_id = r.id${only}`);
const DATASET = `'{"dataset":' || dataset::text || CASE WHEN tags = '[]' THEN '' ELSE ',"tags":' || tags::text END || '}'`;
const INPUT = `'{"model_id":' || to_json(model_id) || '}'`;
const OUTPUT = `'{"model_id":' || to_json(model_id) || ',"step":' || step || '}'`;

/** The whole run of row `r`: made by the database, where to read fourteen rows a run and write them again costs three times as much. */
export const RUN_JSON = objectJson({
  info: INFO_JSON,
  data: objectJson(
    {},
    {
      metrics: list(POINT_JSON, 'latest_metrics', 'key'),
      params: list(PAIR_JSON, 'params', 'key'),
      tags: list(PAIR_JSON, 'run_tags', 'key'),
    },
  ),
  inputs: objectJson(
    {},
    {
      dataset_inputs: list(DATASET, 'run_datasets', 'name, digest'),
      model_inputs: list(INPUT, 'run_models', 'model_id', " AND kind = 'input'"),
    },
  ),
  outputs: objectJson({}, { model_outputs: list(OUTPUT, 'run_models', 'model_id', " AND kind = 'output'") }),
});

const MANY = {
  name: 'get-runs',
  text: `SELECT string_agg(${RUN_JSON}, ',' ORDER BY a.nth) AS runs
    FROM unnest($1::text[]) WITH ORDINALITY AS a(id, nth) JOIN runs r ON r.id = a.id`,
};
const AT_LEAST = 50;
const AT_ONCE = 4;

/** Runs as JSON in the order of their ids, a text for several each: many are made over several connections at once. */
export const renderRuns = async (db: Db, ids: readonly string[]): Promise<string[]> => {
  const size = Math.max(AT_LEAST, Math.ceil(ids.length / AT_ONCE));
  const parts = Array.from({ length: Math.ceil(ids.length / size) }, (_, i) =>
    ids.slice(i * size, (i + 1) * size),
  );
  const made = await Promise.all(parts.map((part) => one(db, MANY, [part])));
  // A run that is purged meanwhile is not there any more
  return made.flatMap((row) => (typeof row?.runs === 'string' ? [row.runs] : []));
};
