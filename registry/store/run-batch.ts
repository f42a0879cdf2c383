import type { Context } from './context.ts';
import { one, type Prepared } from './database.ts';
import { invalid } from './faults.ts';
import { cutText, type Input, key, list, records, type Tag, tags } from './input.ts';
import {
  explainPoints,
  isModelled,
  isPointKept,
  type Point,
  point,
  pointColumns,
  type Writing,
  writePoints,
} from './metrics.ts';
import { requireActive, runId } from './runs.ts';

interface Batch {
  readonly points: readonly Point[];
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

type Part = keyof Batch | 'name';
type Write = Partial<Record<Part, readonly unknown[]>>;

/** How each part of a batch is written, by parameters from `at` on. */
const PARTS: Readonly<Record<Part, (at: number, writing: Writing) => string>> = {
  points: writePoints,
  params: (at) => `params_kept AS (
    INSERT INTO params (run_id, key, value)
    SELECT $1, p.k, p.v FROM writable, unnest($${at}::text[], $${at + 1}::text[]) AS p(k, v)
    ON CONFLICT (run_id, key) DO UPDATE SET value = refuse_param(params.run_id, params.key, params.value, excluded.value)
    WHERE params.value <> excluded.value)`,
  tags: (at) => `tags_kept AS (
    INSERT INTO run_tags (run_id, key, value)
    SELECT $1, t.k, t.v FROM writable, unnest($${at}::text[], $${at + 1}::text[]) AS t(k, v)
    ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value)`,
  name: (at) => `named AS (UPDATE runs SET name = $${at} FROM writable WHERE id = $1)`,
};

/**
 * One statement, hence one round trip and all or nothing; what a batch has not is not in it. The run's row is held against
 * a delete that comes in between; two that rename a run at once would wait for each other's shared lock.
 */
const statement = (write: Write, writing: Writing): Prepared => {
  const parts = Object.entries(write) as [Part, readonly unknown[]][];
  const lock = 'name' in write ? 'FOR NO KEY UPDATE' : 'FOR SHARE';
  const ctes = [
    `run AS MATERIALIZED (SELECT experiment_id, stage FROM runs WHERE id = $1 ${lock})`,
    "writable AS MATERIALIZED (SELECT experiment_id FROM run WHERE stage = 'active')",
  ];
  let at = 2;
  for (const [part, values] of parts) {
    ctes.push(PARTS[part](at, writing));
    at += values.length;
  }
  const flags = [writing.modelled && 'modelled', writing.again && 'again'].filter((flag) => flag !== false);
  return {
    name: ['write', ...parts.map(([part]) => part), ...flags].join('-'),
    text: `WITH ${ctes.join(', ')} SELECT stage FROM run`,
  };
};

const explain = (error: unknown, id: string): unknown => {
  const { code, detail } = (error ?? {}) as { code?: string; detail?: string };
  if (code !== 'AS001') return explainPoints(error);
  const changed = JSON.parse(detail ?? '{}') as { key: string; old: string; new: string };
  return invalid(
    `Changing param values is not allowed. Param with key='${changed.key}' was already logged with value='${changed.old}' for run ID='${id}'. Attempted logging new value '${changed.new}'.`,
  );
};

const columns = (pairs: readonly Tag[]): unknown[] => [pairs.map((p) => p.key), pairs.map((p) => p.value)];

const write = async ({ pool }: Context, id: string, batch: Partial<Batch>): Promise<object> => {
  const { points = [], params = [], tags: given = [] } = batch;
  const name = given.find((t) => t.key === 'mlflow.runName')?.value;
  const parts: Write = {
    ...(points.length > 0 && { points: pointColumns(points) }),
    ...(params.length > 0 && { params: columns(params) }),
    ...(given.length > 0 && { tags: columns(given) }),
    ...(name !== undefined && { name: [name] }),
  };
  const values = [id, ...Object.values(parts).flat()];
  const modelled = isModelled(points);
  const attempt = (again: boolean) => one(pool, statement(parts, { modelled, again }), values);
  try {
    const found = await attempt(false).catch((error: unknown) => {
      // A client that had no answer sends the same again
      if (isPointKept(error)) return attempt(true);
      throw error;
    });
    requireActive(id, found);
    return {};
  } catch (error) {
    throw explain(error, id);
  }
};

const paramOf = (input: Input): Tag => ({ key: key(input), value: cutText(input, 'value', 6000) });

export const logMetric = (context: Context, input: Input) =>
  write(context, runId(input), { points: [point(input)] });

export const logParam = (context: Context, input: Input) =>
  write(context, runId(input), { params: [paramOf(input)] });

export const setRunTag = (context: Context, input: Input) =>
  write(context, runId(input), { tags: [{ key: key(input), value: cutText(input, 'value', 8000) }] });

/** All of a batch or nothing, where the original has three transactions. */
export const logBatch = (context: Context, input: Input) => {
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
  return write(context, id, { points, params, tags: given });
};
