import { randomUUID } from 'node:crypto';
import { type Context, putTags } from './context.ts';
import { type Db, one, type Row, transaction } from './database.ts';
import { experimentId, experimentOf } from './experiments.ts';
import { absent, invalid } from './faults.ts';
import { bool, cutText, type Input, optionalText, records, text } from './input.ts';
import { JsonText, listJson, objectJson, PAIR_JSON, textJson, VALUE_JSON } from './json.ts';
import { madeUpName } from './made-up-name.ts';

const STATUSES = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'];
const of = (table: string) => `${table} b WHERE b.model_id = m.id`;
const METRIC_JSON = objectJson(
  {
    key: textJson('key'),
    value: VALUE_JSON,
    timestamp: 'ts',
    step: 'step',
    model_id: textJson('m.id'),
    run_id: textJson('run_id'),
  },
  { dataset_name: textJson('dataset_name'), dataset_digest: textJson('dataset_digest') },
);
/** MLflow's logged model, of row `m`. */
export const LOGGED_MODEL_JSON = objectJson({
  info: objectJson(
    {
      model_id: textJson('m.id'),
      experiment_id: textJson('m.experiment_id::text'),
      name: textJson('m.name'),
      creation_timestamp_ms: 'm.created',
      last_updated_timestamp_ms: 'm.updated',
      artifact_uri: textJson('m.artifact_uri'),
      status: textJson('m.status'),
      model_type: textJson("coalesce(m.model_type, '')"),
      source_run_id: textJson("coalesce(m.source_run_id, '')"),
    },
    { tags: listJson(PAIR_JSON, 'key', of('logged_model_tags')) },
  ),
  data: objectJson(
    {},
    {
      params: listJson(PAIR_JSON, 'key', of('logged_model_params')),
      metrics: listJson(METRIC_JSON, 'key', of('logged_model_metrics')),
    },
  ),
});
const GET = {
  name: 'get-logged-model',
  text: `SELECT ${LOGGED_MODEL_JSON} AS json FROM logged_models m WHERE m.id = $1 AND (NOT m.deleted OR $2)`,
};

const noModel = (id: string) => absent(`Logged model with ID '${id}' not found.`);

const answer = async (db: Db, id: string, deletedToo = false): Promise<JsonText> => {
  const found = await one(db, GET, [id, deletedToo]);
  if (found === undefined) throw noModel(id);
  return new JsonText(`{"model":${String(found.json)}}`);
};

export const loggedModelOf = async (db: Db, id: string, deletedToo = false): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM logged_models WHERE id = $1', [id]);
  if (row === undefined || (row.deleted === true && !deletedToo)) throw noModel(id);
  return row;
};

const params = (input: Input) =>
  records(input, 'params').map((p) => ({
    key: text(p, 'key', 250),
    value: cutText(p, 'value', 6000),
  }));

/** Unlike a run's, keys of a logged model's tags may hold any character. */
const modelTags = (input: Input) => {
  const pairs = records(input, 'tags').map(
    (t) => [text(t, 'key', 250), optionalText(t, 'value') ?? ''] as const,
  );
  return [...new Map(pairs)].map(([key, value]) => ({ key, value }));
};

export const createLoggedModel = async ({ pool, nowMs }: Context, input: Input) => {
  const experiment = experimentId(input);
  const id = `m-${randomUUID().replaceAll('-', '')}`;
  const name = optionalText(input, 'name', 500) || madeUpName();
  if (/[/:.%"']/.test(name)) throw invalid(`Invalid model name (${name}): it must not contain / : . % " '`);
  const [given, wanted] = [params(input), modelTags(input)];
  return transaction(pool, async (db) => {
    const { location } = await experimentOf(db, experiment, 'active');
    await db.query(
      `INSERT INTO logged_models (id, experiment_id, name, model_type, source_run_id, status, artifact_uri, created, updated) VALUES ($1, $2, $3, $4, $5, 'LOGGED_MODEL_PENDING', $6, $7, $7)`,
      [
        id,
        experiment,
        name,
        optionalText(input, 'model_type') || null,
        optionalText(input, 'source_run_id') || null,
        `${String(location)}/models/${id}/artifacts`,
        nowMs,
      ],
    );
    await putTags(db, 'logged_model_params', { model_id: id }, given);
    await putTags(db, 'logged_model_tags', { model_id: id }, wanted);
    return answer(db, id);
  });
};

export const getLoggedModel = ({ pool }: Context, input: Input) =>
  answer(pool, text(input, 'id'), bool(input, 'allow_deleted'));

export const finalizeLoggedModel = async ({ pool, nowMs }: Context, input: Input) => {
  const id = text(input, 'id');
  const given = input.status;
  const status = typeof given === 'number' ? STATUSES[given - 1] : STATUSES.find((s) => s === given);
  if (status === undefined)
    throw invalid(`Invalid status ${JSON.stringify(given)}: one of ${STATUSES.join(', ')}`);
  await loggedModelOf(pool, id);
  await pool.query('UPDATE logged_models SET status = $2, updated = $3 WHERE id = $1', [id, status, nowMs]);
  return answer(pool, id);
};

export const deleteLoggedModel = async ({ pool, nowMs }: Context, input: Input) => {
  const id = text(input, 'id');
  await loggedModelOf(pool, id, true);
  await pool.query('UPDATE logged_models SET deleted = true, updated = $2 WHERE id = $1', [id, nowMs]);
  return {};
};

export const setLoggedModelTags = async ({ pool }: Context, input: Input) => {
  const id = text(input, 'id');
  const given = modelTags(input);
  await loggedModelOf(pool, id);
  await putTags(pool, 'logged_model_tags', { model_id: id }, given);
  return {};
};

export const deleteLoggedModelTag = async ({ pool }: Context, input: Input) => {
  const [id, name] = [text(input, 'id'), text(input, 'key', 250)];
  await loggedModelOf(pool, id);
  const gone = await one(
    pool,
    'DELETE FROM logged_model_tags WHERE model_id = $1 AND key = $2 RETURNING key',
    [id, name],
  );
  if (gone === undefined) throw absent(`No tag with key '${name}' found for model with ID '${id}'.`);
  return {};
};

export const setLoggedModelParams = async ({ pool }: Context, input: Input) => {
  const id = text(input, 'id');
  const given = params(input);
  await loggedModelOf(pool, id);
  await putTags(pool, 'logged_model_params', { model_id: id }, given);
  return {};
};
