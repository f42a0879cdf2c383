import { type Db, type Row, rows } from './database.ts';
import { int, PAIR_JSON, POINT_JSON } from './json.ts';

/** MLflow's `info`; without `end_time` while it is unset, and 0 counts as unset. */
export const renderInfo = (r: Row): Row => ({
  run_id: r.id,
  run_uuid: r.id,
  run_name: r.name,
  experiment_id: r.experiment_id,
  user_id: r.user_id,
  status: r.status,
  start_time: int(r.start_time),
  end_time: r.end_time === null || r.end_time === '0' ? undefined : int(r.end_time),
  artifact_uri: r.artifact_uri,
  lifecycle_stage: r.stage,
});

const list = (json: string, table: string, order: string, only = '') =>
  `(SELECT string_agg(${json}, ',' ORDER BY ${order}) FROM ${table} WHERE run_id = r.id${only})`;
const DATASET = `'{"dataset":' || dataset::text || CASE WHEN tags = '[]' THEN '' ELSE ',"tags":' || tags::text END || '}'`;
const INPUT = `'{"model_id":' || to_json(model_id) || '}'`;
const OUTPUT = `'{"model_id":' || to_json(model_id) || ',"step":' || step || '}'`;
/** All that belongs to runs, as JSON: to read fourteen rows a run and write them again costs three times as much. */
const PARTS = `SELECT r.id,
  ${list(POINT_JSON, 'latest_metrics', 'key')} AS metrics,
  ${list(PAIR_JSON, 'params', 'key')} AS params,
  ${list(PAIR_JSON, 'run_tags', 'key')} AS tags,
  ${list(DATASET, 'run_datasets', 'name, digest')} AS datasets,
  ${list(INPUT, 'run_models', 'model_id', " AND kind = 'input'")} AS inputs,
  ${list(OUTPUT, 'run_models', 'model_id', " AND kind = 'output'")} AS outputs
  FROM unnest($1::text[]) AS r(id)`;

const fields = (named: Readonly<Record<string, unknown>>): string =>
  Object.entries(named)
    .filter(([, items]) => items !== null && items !== undefined)
    .map(([name, items]) => `"${name}":[${String(items)}]`)
    .join(',');

const renderRun = (run: Row, parts: Row): string => {
  const data = fields({ metrics: parts.metrics, params: parts.params, tags: parts.tags });
  const inputs = fields({ dataset_inputs: parts.datasets, model_inputs: parts.inputs });
  const outputs = fields({ model_outputs: parts.outputs });
  return `{"info":${JSON.stringify(renderInfo(run))},"data":{${data}},"inputs":{${inputs}},"outputs":{${outputs}}}`;
};

const AT_ONCE = 250;

/** Whole runs as JSON, one text each; many are read over several connections. */
export const renderRuns = async (db: Db, found: readonly Row[]): Promise<string[]> => {
  const chunks = Array.from({ length: Math.ceil(found.length / AT_ONCE) }, (_, i) =>
    found.slice(i * AT_ONCE, (i + 1) * AT_ONCE).map((r) => r.id),
  );
  const parts = await Promise.all(chunks.map((ids) => rows(db, PARTS, [ids])));
  const byId = new Map(parts.flat().map((p) => [p.id, p]));
  return found.map((run) => renderRun(run, byId.get(run.id) ?? {}));
};
