import { randomUUID } from 'node:crypto';
import { type Context, compact, grouped, putTags } from './context.ts';
import { type Db, one, type Row, transaction } from './database.ts';
import { experimentId, experimentOf } from './experiments.ts';
import { absent, invalid } from './faults.ts';
import { parseFilter, parseOrder } from './filter.ts';
import {
  choice,
  cutText,
  type Input,
  int64,
  key,
  list,
  optionalText,
  pageSize,
  records,
  tags,
  text,
  texts,
} from './input.ts';
import { int } from './json.ts';
import { madeUpName } from './made-up-name.ts';
import { point, putPoints, renderMetric } from './metrics.ts';
import {
  ascending,
  Bound,
  conditions,
  descending,
  joinKey,
  LIST_OPS,
  NULL_OPS,
  NUMBER_OPS,
  ordering,
  type Searchable,
  searchPage,
  stageCondition,
  TEXT_OPS,
} from './search.ts';

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];
const TEXT = { type: 'text', ops: TEXT_OPS } as const;
const RUN_NAME = { sql: 'r.name', ...TEXT };
const START = { sql: 'r.start_time', type: 'number', ops: NUMBER_OPS } as const;
const COLUMNS = {
  run_name: RUN_NAME,
  status: { sql: 'r.status', ...TEXT },
  user_id: { sql: 'r.user_id', ...TEXT },
  artifact_uri: { sql: 'r.artifact_uri', ...TEXT },
  run_id: { sql: 'r.id', type: 'text', ops: [...TEXT_OPS, ...LIST_OPS] },
  start_time: START,
  created: START,
  Created: START,
  end_time: { sql: 'r.end_time', type: 'number', ops: NUMBER_OPS, nullable: true },
} as const;
const ofRun = (alias: string) => `${alias}.run_id = r.id`;
const beside = (table: string) => ({
  table,
  on: ofRun,
  ops: [...TEXT_OPS, ...NULL_OPS],
  ordered: joinKey(table, ofRun),
});
const SEARCH: Searchable = {
  from: 'runs r',
  entities: {
    ...{ metric: 'metric', metrics: 'metric', tag: 'tag', tags: 'tag' },
    ...{ parameter: 'param', parameters: 'param', param: 'param', params: 'param' },
    ...{ attribute: 'attribute', attributes: 'attribute', attr: 'attribute', run: 'attribute' },
    ...{ dataset: 'dataset', datasets: 'dataset' },
  },
  filters: { ...COLUMNS, 'run name': RUN_NAME, 'Run name': RUN_NAME, 'Run Name': RUN_NAME },
  orders: COLUMNS,
  beside: {
    metric: { ...beside('latest_metrics'), ops: NUMBER_OPS, numeric: true },
    param: beside('params'),
    tag: beside('run_tags'),
    dataset: {
      table: `(SELECT run_id, 'name' AS key, name AS value FROM run_datasets UNION ALL SELECT run_id, 'digest', digest FROM run_datasets
        UNION ALL SELECT run_id, 'context', x->>'value' FROM run_datasets, jsonb_array_elements(tags) x WHERE x->>'key' = 'mlflow.data.context')`,
      on: ofRun,
      ops: [...TEXT_OPS, ...LIST_OPS],
      keys: ['name', 'digest', 'context'],
    },
  },
};

const renderInfo = (r: Row) =>
  compact({
    run_id: r.id,
    run_uuid: r.id,
    run_name: r.name,
    experiment_id: r.experiment_id,
    user_id: r.user_id,
    status: r.status,
    start_time: int(r.start_time),
    // 0 counts as unset in MLflow's answers
    end_time: r.end_time === null || r.end_time === '0' ? undefined : int(r.end_time),
    artifact_uri: r.artifact_uri,
    lifecycle_stage: r.stage,
  });

const render = async (db: Db, found: readonly Row[]): Promise<Row[]> => {
  const ids = found.map((r) => r.id);
  const of = (what: string, table: string, order: string) =>
    grouped(
      db,
      `SELECT run_id AS owner, ${what} FROM ${table} WHERE run_id = ANY($1) ORDER BY ${order}`,
      ids,
    );
  const metrics = await of('key, value, is_nan, ts, step', 'latest_metrics', 'key');
  const params = await of('key, value', 'params', 'key');
  const runTags = await of('key, value', 'run_tags', 'key');
  const datasets = await of('dataset, tags', 'run_datasets', 'name, digest');
  const models = await of('model_id, kind, step', 'run_models', 'model_id');
  return found.map((r) => {
    const id = String(r.id);
    const linked = (kind: string) => (models.get(id) ?? []).filter((m) => m.kind === kind);
    return {
      info: renderInfo(r),
      data: compact({
        metrics: metrics.get(id)?.map(renderMetric),
        params: params.get(id),
        tags: runTags.get(id),
      }),
      inputs: compact({
        dataset_inputs: datasets.get(id)?.map(compact),
        model_inputs: linked('input').map((m) => ({ model_id: m.model_id })),
      }),
      outputs: compact({
        model_outputs: linked('output').map((m) => ({ model_id: m.model_id, step: int(m.step) })),
      }),
    };
  });
};

/** The run's row; `active` locks it against a delete that comes in between. */
export const runOf = async (db: Db, id: string, state?: 'active'): Promise<Row> => {
  const row = await one(db, `SELECT * FROM runs WHERE id = $1${state === undefined ? '' : ' FOR SHARE'}`, [
    id,
  ]);
  if (row === undefined) throw absent(`Run with id=${id} not found`);
  if (state !== undefined && row.stage !== state)
    throw invalid(`The run ${id} must be in the '${state}' state. Current state is ${String(row.stage)}.`);
  return row;
};

export const runId = (input: Input) =>
  text(
    input.run_id === undefined && input.run_uuid !== undefined ? { run_id: input.run_uuid } : input,
    'run_id',
  );

export const createRun = async ({ pool, caller, nowMs: _now }: Context, input: Input) => {
  const experiment = experimentId({ experiment_id: optionalText(input, 'experiment_id') });
  const given = tags(input);
  const tagName = given.find((t) => t.key === 'mlflow.runName')?.value;
  const asked = optionalText(input, 'run_name') || undefined;
  if (asked !== undefined && tagName !== undefined && asked !== tagName)
    throw invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${asked}', mlflow.runName='${tagName}').`,
    );
  const id = randomUUID().replaceAll('-', '');
  const name = asked ?? tagName ?? madeUpName();
  return transaction(pool, async (db) => {
    const { location } = await experimentOf(db, experiment, 'active');
    const row = await one(
      db,
      `INSERT INTO runs (id, experiment_id, name, user_id, status, start_time, artifact_uri, created_by) VALUES ($1, $2, $3, $4, 'RUNNING', $5, $6, $7) RETURNING *`,
      [
        id,
        experiment,
        name,
        optionalText(input, 'user_id') ?? '',
        String(int64(input, 'start_time') ?? 0n),
        `${String(location)}/${id}/artifacts`,
        caller.subject,
      ],
    );
    await putTags(db, 'run_tags', { run_id: id }, [
      ...given.filter((t) => t.key !== 'mlflow.runName'),
      { key: 'mlflow.runName', value: name },
    ]);
    const [made] = await render(db, [row ?? {}]);
    return { run: { info: made?.info, data: made?.data, inputs: made?.inputs } };
  });
};

export const getRun = async ({ pool }: Context, input: Input) => ({
  run: (await render(pool, [await runOf(pool, runId(input))]))[0],
});

export const updateRun = async ({ pool }: Context, input: Input) => {
  const id = runId(input);
  const status = input.status === undefined || input.status === null ? undefined : input.status;
  const known = typeof status === 'number' ? STATUSES[status - 1] : STATUSES.find((s) => s === status);
  if (status !== undefined && known === undefined)
    throw invalid(`Invalid status ${JSON.stringify(status)}: one of ${STATUSES.join(', ')}`);
  const name = optionalText(input, 'run_name') || undefined;
  return transaction(pool, async (db) => {
    await runOf(db, id, 'active');
    const row = await one(
      db,
      'UPDATE runs SET status = coalesce($2, status), end_time = coalesce($3, end_time), name = coalesce($4, name) WHERE id = $1 RETURNING *',
      [id, known ?? null, int64(input, 'end_time')?.toString() ?? null, name ?? null],
    );
    if (name !== undefined)
      await putTags(db, 'run_tags', { run_id: id }, [{ key: 'mlflow.runName', value: name }]);
    return { run_info: renderInfo(row ?? {}) };
  });
};

const move =
  (to: 'active' | 'deleted') =>
  async ({ pool }: Context, input: Input) => {
    const id = runId(input);
    const row = await one(pool, 'UPDATE runs SET stage = $2 WHERE id = $1 RETURNING id', [id, to]);
    if (row === undefined) throw absent(`Run with id=${id} not found`);
    return {};
  };
export const deleteRun = move('deleted');
export const restoreRun = move('active');

const paramOf = (input: Input) => ({ key: key(input), value: cutText(input, 'value', 6000) });

const putRunTags = async (
  db: Db,
  id: string,
  given: readonly { key: string; value: string }[],
): Promise<void> => {
  await putTags(db, 'run_tags', { run_id: id }, given);
  const name = given.find((t) => t.key === 'mlflow.runName')?.value;
  if (name !== undefined) await db.query('UPDATE runs SET name = $2 WHERE id = $1', [id, name]);
};

/** A param is written once: the same value again is fine, another is refused. */
const putParams = async (
  db: Db,
  id: string,
  params: readonly { key: string; value: string }[],
): Promise<void> => {
  if (params.length === 0) return;
  const columns = [id, params.map((p) => p.key), params.map((p) => p.value)];
  await db.query(
    'INSERT INTO params SELECT $1, k, v FROM unnest($2::text[], $3::text[]) AS t(k, v) ON CONFLICT DO NOTHING',
    columns,
  );
  const changed = await one(
    db,
    'SELECT p.key, p.value AS old, t.v AS new FROM params p JOIN unnest($2::text[], $3::text[]) AS t(k, v) ON p.key = t.k WHERE p.run_id = $1 AND p.value <> t.v',
    columns,
  );
  if (changed !== undefined)
    throw invalid(
      `Changing param values is not allowed. Param with key='${String(changed.key)}' was already logged with value='${String(changed.old)}' for run ID='${id}'. Attempted logging new value '${String(changed.new)}'.`,
    );
};

/** Work on an active run in one transaction; a run that is deleted meanwhile waits for it. */
export const write = async ({ pool }: Context, id: string, work: (db: Db) => Promise<void>) => {
  await transaction(pool, async (db) => {
    await runOf(db, id, 'active');
    await work(db);
  });
  return {};
};

export const logMetric = async (context: Context, input: Input) => {
  const points = [point(input)];
  return write(context, runId(input), (db) => putPoints(db, runId(input), points));
};

export const logParam = async (context: Context, input: Input) => {
  const params = [paramOf(input)];
  return write(context, runId(input), (db) => putParams(db, runId(input), params));
};

export const setRunTag = async (context: Context, input: Input) => {
  const tag = { key: key(input), value: cutText(input, 'value', 8000) };
  return write(context, runId(input), (db) => putRunTags(db, runId(input), [tag]));
};

export const deleteRunTag = async (context: Context, input: Input) => {
  const name = text(input, 'key');
  return write(context, runId(input), async (db) => {
    const gone = await one(db, 'DELETE FROM run_tags WHERE run_id = $1 AND key = $2 RETURNING key', [
      runId(input),
      name,
    ]);
    if (gone === undefined) throw absent(`No tag with name: ${name} in run with id ${runId(input)}`);
  });
};

/** All of a batch or nothing: one transaction, where the original has three. */
export const logBatch = async (context: Context, input: Input) => {
  const id = runId(input);
  const points = records(input, 'metrics').map(point);
  const params = records(input, 'params').map(paramOf);
  const sent = list(input, 'tags').length;
  const given = tags(input);
  for (const [what, count, limit] of [
    ['metrics', points.length, 1000],
    ['params', params.length, 100],
    ['tags', sent, 100],
    ['entities', points.length + params.length + sent, 1000],
  ] as const) {
    if (count > limit)
      throw invalid(`A batch logging request can contain at most ${limit} ${what}. Got ${count}.`);
  }
  if (new Set(params.map((p) => p.key)).size < params.length)
    throw invalid('Duplicate parameter keys have been submitted in one batch');
  return write(context, id, async (db) => {
    await putParams(db, id, params);
    await putPoints(db, id, points);
    await putRunTags(db, id, given);
  });
};

export const searchRuns = async ({ pool }: Context, input: Input) => {
  const bound = new Bound();
  const filter = optionalText(input, 'filter') ?? '';
  const orderBy = texts(input, 'order_by');
  const view = choice(input, 'run_view_type');
  const ids = texts(input, 'experiment_ids').map((id) => experimentId({ experiment_id: id }));
  const { joins, terms, named } = ordering(orderBy.map(parseOrder), SEARCH, bound);
  const tail = [
    ...(named.has(START.sql) ? [] : [descending(START.sql, 'int8')]),
    ...(named.has('r.id') ? [] : [ascending('r.id', 'text')]),
  ];
  const { items, next } = await searchPage(pool, SEARCH, bound, {
    where: [
      `r.experiment_id = ANY(${bound.add(ids)}::int8[])`,
      stageCondition('r.stage', view),
      ...conditions(parseFilter(filter), SEARCH, bound),
    ],
    order: { joins, terms: [...terms, ...tail] },
    size: pageSize(input, 1000, 50_000),
    token: optionalText(input, 'page_token'),
    scope: ['runs', ids, filter, orderBy, view],
  });
  return { ...compact({ runs: await render(pool, items) }), ...next };
};
