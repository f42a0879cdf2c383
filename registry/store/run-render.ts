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
