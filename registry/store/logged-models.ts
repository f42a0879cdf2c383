import { randomUUID } from 'node:crypto';
import { type Context, compact, grouped, putTags } from './context.ts';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { experimentOf } from './experiments.ts';
import { absent, invalid } from './faults.ts';
import {
  bool,
  type Input,
  key,
  optionalText,
  page,
  pageOffset,
  pageSize,
  records,
  tags,
  text,
  texts,
} from './input.ts';
import { int } from './json.ts';
import { renderMetric } from './metrics.ts';
import { Bound, conditions, ordering, type Searchable } from './search.ts';

const STATUSES = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'];
const SEARCH: Searchable = {
  texts: {
    name: 'm.name',
    model_id: 'm.id',
    model_type: 'm.model_type',
    status: 'm.status',
    source_run_id: 'm.source_run_id',
  },
  numbers: {
    creation_timestamp: 'm.created',
    creation_time: 'm.created',
    last_updated_timestamp: 'm.updated',
  },
  beside: {
    metric: {
      table:
        '(SELECT DISTINCT ON (model_id, key) * FROM logged_model_metrics ORDER BY model_id, key, step DESC, ts DESC)',
      on: 'b.model_id = m.id',
      numeric: true,
    },
    param: { table: 'logged_model_params', on: 'b.model_id = m.id' },
    tag: { table: 'logged_model_tags', on: 'b.model_id = m.id' },
  },
};

const render = async (db: Db, found: readonly Row[]): Promise<Row[]> => {
  const ids = found.map((r) => r.id);
  const of = (what: string, table: string) =>
    grouped(db, `SELECT model_id AS owner, ${what} FROM ${table} WHERE model_id = ANY($1) ORDER BY key`, ids);
  const params = await of('key, value', 'logged_model_params');
  const modelTags = await of('key, value', 'logged_model_tags');
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
        model_type: r.model_type,
        source_run_id: r.source_run_id,
        tags: modelTags.get(id),
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
    value: optionalText(p, 'value', 6000) ?? '',
  }));

export const createLoggedModel = async ({ pool, nowMs }: Context, input: Input) => {
  const experimentId = text(input, 'experiment_id');
  if (!/^\d{1,18}$/.test(experimentId))
    throw invalid(`Invalid experiment ID ${JSON.stringify(experimentId)}: digits are required`);
  const id = `m-${randomUUID().replaceAll('-', '')}`;
  const name = optionalText(input, 'name', 500) || `model-${id.slice(2, 10)}`;
  if (/[/:.%"']/.test(name)) throw invalid(`Invalid model name (${name}): it must not contain / : . % " '`);
  const [given, wanted] = [params(input), tags(input)];
  return transaction(pool, async (db) => {
    const experiment = await experimentOf(db, experimentId, 'active');
    const row = await one(
      db,
      `INSERT INTO logged_models (id, experiment_id, name, model_type, source_run_id, status, artifact_uri, created, updated) VALUES ($1, $2, $3, $4, $5, 'LOGGED_MODEL_PENDING', $6, $7, $7) RETURNING *`,
      [
        id,
        experimentId,
        name,
        optionalText(input, 'model_type') || null,
        optionalText(input, 'source_run_id') || null,
        `${String(experiment.location)}/models/${id}/artifacts`,
        nowMs,
      ],
    );
    await putTags(db, 'logged_model_params', { model_id: id }, given);
    await putTags(db, 'logged_model_tags', { model_id: id }, wanted);
    return { model: (await render(db, [row ?? {}]))[0] };
  });
};

export const getLoggedModel = async ({ pool }: Context, input: Input) => ({
  model: (
    await render(pool, [await loggedModelOf(pool, text(input, 'id'), bool(input, 'allow_deleted'))])
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
  return { model: (await render(pool, [row ?? {}]))[0] };
};

export const deleteLoggedModel = async ({ pool, nowMs }: Context, input: Input) => {
  const id = text(input, 'id');
  await loggedModelOf(pool, id, true);
  await pool.query('UPDATE logged_models SET deleted = true, updated = $2 WHERE id = $1', [id, nowMs]);
  return {};
};

export const searchLoggedModels = async ({ pool }: Context, input: Input) => {
  const size = pageSize(input, 50, 1000);
  const offset = pageOffset(input);
  const bound = new Bound();
  const ids = texts(input, 'experiment_ids').filter((id) => /^\d{1,18}$/.test(id));
  const where = [
    'NOT m.deleted',
    `m.experiment_id = ANY(${bound.add(ids)}::int8[])`,
    ...conditions(optionalText(input, 'filter'), SEARCH, bound),
  ];
  const fields = records(input, 'order_by').map(
    (o) => `${text(o, 'field_name')} ${o.ascending === false ? 'DESC' : 'ASC'}`,
  );
  const order = [...ordering(fields, SEARCH, bound), 'm.seq DESC'];
  const sql = `SELECT m.* FROM logged_models m WHERE ${where.join(' AND ')} ORDER BY ${order.join(', ')} LIMIT ${size + 1} OFFSET ${offset}`;
  const { items, next } = page(await rows(pool, sql, bound.values), size, offset);
  return { ...compact({ models: await render(pool, items) }), ...next };
};

export const setLoggedModelTags = async ({ pool }: Context, input: Input) => {
  const id = text(input, 'id');
  const given = tags(input, 100_000);
  await loggedModelOf(pool, id);
  await putTags(pool, 'logged_model_tags', { model_id: id }, given);
  return {};
};

export const deleteLoggedModelTag = async ({ pool }: Context, input: Input) => {
  const [id, name] = [text(input, 'id'), key({ key: input.key })];
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
