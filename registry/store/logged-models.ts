import { randomUUID } from 'node:crypto';
import { type Context, compact, grouped, putTags } from './context.ts';
import { type Db, one, type Row, transaction } from './database.ts';
import { experimentId, experimentOf } from './experiments.ts';
import { absent, invalid } from './faults.ts';
import { bool, cutText, type Input, optionalText, records, text } from './input.ts';
import { int } from './json.ts';
import { madeUpName } from './made-up-name.ts';
import { renderMetric } from './metrics.ts';

const STATUSES = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'];
export const renderLoggedModels = async (db: Db, found: readonly Row[]): Promise<Row[]> => {
  const ids = found.map((r) => r.id);
  const of = (what: string, table: string) =>
    grouped(db, `SELECT model_id AS owner, ${what} FROM ${table} WHERE model_id = ANY($1) ORDER BY key`, ids);
  const params = await of('key, value', 'logged_model_params');
  const tagsOf = await of('key, value', 'logged_model_tags');
  const metrics = await of('*', 'logged_model_metrics');
  return found.map((r) => {
    const id = String(r.id);
    return {
      info: compact({
        model_id: id,
        experiment_id: r.experiment_id,
        name: r.name,
        creation_timestamp_ms: int(r.created),
        last_updated_timestamp_ms: int(r.updated),
        artifact_uri: r.artifact_uri,
        status: r.status,
        model_type: r.model_type ?? '',
        source_run_id: r.source_run_id ?? '',
        tags: tagsOf.get(id),
      }),
      data: compact({
        params: params.get(id),
        metrics: metrics.get(id)?.map((m) =>
          compact({
            ...renderMetric(m),
            model_id: id,
            run_id: m.run_id,
            dataset_name: m.dataset_name,
            dataset_digest: m.dataset_digest,
          }),
        ),
      }),
    };
  });
};

export const loggedModelOf = async (db: Db, id: string, deletedToo = false): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM logged_models WHERE id = $1', [id]);
  if (row === undefined || (row.deleted === true && !deletedToo))
    throw absent(`Logged model with ID '${id}' not found.`);
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
    const row = await one(
      db,
      `INSERT INTO logged_models (id, experiment_id, name, model_type, source_run_id, status, artifact_uri, created, updated) VALUES ($1, $2, $3, $4, $5, 'LOGGED_MODEL_PENDING', $6, $7, $7) RETURNING *`,
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
    return { model: (await renderLoggedModels(db, [row ?? {}]))[0] };
  });
};

export const getLoggedModel = async ({ pool }: Context, input: Input) => ({
  model: (
    await renderLoggedModels(pool, [
      await loggedModelOf(pool, text(input, 'id'), bool(input, 'allow_deleted')),
    ])
  )[0],
});

export const finalizeLoggedModel = async ({ pool, nowMs }: Context, input: Input) => {
  const id = text(input, 'id');
  const given = input.status;
  const status = typeof given === 'number' ? STATUSES[given - 1] : STATUSES.find((s) => s === given);
  if (status === undefined)
    throw invalid(`Invalid status ${JSON.stringify(given)}: one of ${STATUSES.join(', ')}`);
  await loggedModelOf(pool, id);
  const row = await one(
    pool,
    'UPDATE logged_models SET status = $2, updated = $3 WHERE id = $1 RETURNING *',
    [id, status, nowMs],
  );
  return { model: (await renderLoggedModels(pool, [row ?? {}]))[0] };
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
