import { randomUUID } from 'node:crypto';
import type { Context } from './context.ts';
import { type Db, one, type Row, transaction } from './database.ts';
import { experimentId, experimentOf } from './experiments.ts';
import { absent, invalid } from './faults.ts';
import { parseFilter, parseOrder } from './filter.ts';
import { choice, type Input, int64, optionalText, pageSize, tags, text, texts } from './input.ts';
import { JsonText } from './json.ts';
import { madeUpName } from './made-up-name.ts';
import { INFO_JSON, RUN_JSON, renderRuns } from './run-render.ts';
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
  stageCondition,
  TEXT_OPS,
} from './search.ts';
import { pageJson, searchPage } from './search-page.ts';

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
/** The index by experiment, key and value is found by all three. */
const ofRunAndExperiment = (alias: string) => `${ofRun(alias)} AND ${alias}.experiment_id = r.experiment_id`;
const beside = (table: string) => ({
  table,
  on: ofRun,
  ops: [...TEXT_OPS, ...NULL_OPS],
  ordered: joinKey(table, ofRun),
  beginnings: 64,
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
    metric: {
      table: 'latest_metrics',
      on: ofRunAndExperiment,
      ops: NUMBER_OPS,
      numeric: true,
      ordered: joinKey('latest_metrics', ofRunAndExperiment),
      ranked: (alias) => [`NOT ${alias}.is_nan`, `${alias}.is_nan`, `${alias}.run_id IS NULL`],
    },
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

/** Throws what is wrong with a run that is to be written to. */
export function requireActive(id: string, row: Row | undefined): asserts row is Row {
  if (row === undefined) throw absent(`Run with id=${id} not found`);
  if (row.stage !== 'active')
    throw invalid(`The run ${id} must be in the 'active' state. Current state is ${String(row.stage)}.`);
}

/** The run's row; `active` locks it against a delete that comes in between. */
export const runOf = async (db: Db, id: string, state?: 'active'): Promise<Row> => {
  const lock = state === undefined ? '' : ' FOR SHARE';
  const row = await one(db, `SELECT * FROM runs WHERE id = $1${lock}`, [id]);
  if (row === undefined) throw absent(`Run with id=${id} not found`);
  if (state !== undefined) requireActive(id, row);
  return row;
};

export const runId = (input: Input) =>
  text(
    input.run_id === undefined && input.run_uuid !== undefined ? { run_id: input.run_uuid } : input,
    'run_id',
  );

const CREATE = {
  name: 'create-run',
  text: `WITH experiment AS (SELECT id, location FROM experiments WHERE id = $2 AND stage = 'active'),
  made AS (
    INSERT INTO runs (id, experiment_id, name, user_id, status, start_time, artifact_uri, created_by)
    SELECT $1, id, $3, $4, 'RUNNING', $5, location || '/' || $1 || '/artifacts', $6 FROM experiment RETURNING *),
  tagged AS (
    INSERT INTO run_tags (run_id, key, value) SELECT made.id, t.k, t.v FROM made, unnest($7::text[], $8::text[]) AS t(k, v))
  SELECT ${INFO_JSON} AS info FROM made r`,
};

export const createRun = async (context: Context, input: Input): Promise<JsonText> => {
  const { pool, caller } = context;
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
  const named = [...given.filter((t) => t.key !== 'mlflow.runName'), { key: 'mlflow.runName', value: name }];
  const made = await one(pool, CREATE, [
    id,
    experiment,
    name,
    optionalText(input, 'user_id') ?? '',
    String(int64(input, 'start_time') ?? 0n),
    caller.subject,
    named.map((t) => t.key),
    named.map((t) => t.value),
  ]);
  if (made === undefined) {
    await experimentOf(pool, experiment, 'active');
    // It has become active since
    return createRun(context, input);
  }
  const tagged = named.sort((a, b) => (a.key < b.key ? -1 : 1));
  return new JsonText(
    `{"run":{"info":${String(made.info)},"data":{"tags":${JSON.stringify(tagged)}},"inputs":{}}}`,
  );
};

const GET = { name: 'get-run', text: `SELECT ${RUN_JSON} AS run FROM runs r WHERE r.id = $1` };

export const getRun = async ({ pool }: Context, input: Input) => {
  const id = runId(input);
  const found = await one(pool, GET, [id]);
  if (found === undefined) throw absent(`Run with id=${id} not found`);
  return new JsonText(`{"run":${String(found.run)}}`);
};

const UPDATE = {
  name: 'update-run',
  text: `WITH changed AS (
    UPDATE runs SET status = coalesce($2, status), end_time = coalesce($3, end_time), name = coalesce($4, name)
    WHERE id = $1 AND stage = 'active' RETURNING *),
  tagged AS (
    INSERT INTO run_tags (run_id, key, value) SELECT id, 'mlflow.runName', $4 FROM changed WHERE $4::text IS NOT NULL
    ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value)
  SELECT ${INFO_JSON} AS info FROM changed r`,
};

export const updateRun = async (context: Context, input: Input): Promise<JsonText> => {
  const { pool } = context;
  const id = runId(input);
  const status = input.status === undefined || input.status === null ? undefined : input.status;
  const known = typeof status === 'number' ? STATUSES[status - 1] : STATUSES.find((s) => s === status);
  if (status !== undefined && known === undefined)
    throw invalid(`Invalid status ${JSON.stringify(status)}: one of ${STATUSES.join(', ')}`);
  const name = optionalText(input, 'run_name') || undefined;
  const end = int64(input, 'end_time')?.toString();
  const changed = await one(pool, UPDATE, [id, known ?? null, end ?? null, name ?? null]);
  if (changed === undefined) {
    requireActive(id, await one(pool, 'SELECT stage FROM runs WHERE id = $1', [id]));
    // It has become active since
    return updateRun(context, input);
  }
  return new JsonText(`{"run_info":${String(changed.info)}}`);
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

/** Work on an active run in one transaction; a run that is deleted meanwhile waits for it. */
export const write = async ({ pool }: Context, id: string, work: (db: Db) => Promise<void>) => {
  await transaction(pool, async (db) => {
    await runOf(db, id, 'active');
    await work(db);
  });
  return {};
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

export const searchRuns = async ({ pool }: Context, input: Input) => {
  const bound = new Bound();
  const filter = optionalText(input, 'filter') ?? '';
  const orderBy = texts(input, 'order_by');
  const view = choice(input, 'run_view_type');
  const ids = texts(input, 'experiment_ids').map((id) => experimentId({ experiment_id: id }));
  const { terms, named, ...order } = ordering(orderBy.map(parseOrder), SEARCH, bound);
  const tail = [
    ...(named.has(START.sql) ? [] : [descending(START.sql, 'int8')]),
    ...(named.has('r.id') ? [] : [ascending('r.id', 'text')]),
  ];
  const page = await searchPage(pool, SEARCH, bound, {
    where: [
      // One experiment by equality: only then does an index give its order
      ids.length === 1
        ? `r.experiment_id = ${bound.add(ids[0])}::int8`
        : `r.experiment_id = ANY(${bound.add(ids)}::int8[])`,
      stageCondition('r.stage', view),
      ...conditions(parseFilter(filter), SEARCH, bound),
    ],
    order: { ...order, terms: [...terms, ...tail] },
    size: pageSize(input, 1000, 50_000),
    token: optionalText(input, 'page_token'),
    scope: ['runs', ids, filter, orderBy, view],
    shown: 'r.id',
  });
  return pageJson('runs', { ...page, items: await renderRuns(pool, page.items) });
};
