import type { Db } from './database.ts';
import { invalid } from './faults.ts';
import { type Input, int64, key, optionalText } from './input.ts';
import { double, int } from './json.ts';

export interface Point {
  readonly key: string;
  readonly ts: bigint;
  readonly step: bigint;
  readonly value: number;
  readonly isNan: boolean;
  readonly modelId: string | undefined;
  readonly dataset: readonly [string | undefined, string | undefined];
}

const LARGEST = Number.MAX_VALUE;
const NAMED: Record<string, number> = { NaN: Number.NaN, Infinity: LARGEST, '-Infinity': -LARGEST };

/** A metric of a request. "abc", true or a fractional step are refused, where the original keeps a default. */
export const point = (input: Input): Point => {
  const name = key(input);
  const raw = input.value;
  if (raw === undefined || raw === null)
    throw invalid(`Missing value for required parameter 'value' of metric '${name}'`);
  const numeric = typeof raw === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(raw);
  const value =
    typeof raw === 'string'
      ? (NAMED[raw] ?? (numeric ? Number(raw) : undefined))
      : typeof raw === 'bigint'
        ? Number(raw)
        : raw;
  if (typeof value !== 'number')
    throw invalid(`Invalid value ${JSON.stringify(raw)} of metric '${name}': a number is required`);
  const ts = int64(input, 'timestamp');
  if (ts === undefined) throw invalid(`Missing value for required parameter 'timestamp' of metric '${name}'`);
  const isNan = Number.isNaN(value);
  return {
    key: name,
    ts,
    step: int64(input, 'step') ?? 0n,
    value: isNan ? 0 : Math.min(Math.max(value, -LARGEST), LARGEST),
    isNan,
    modelId: optionalText(input, 'model_id') || undefined,
    dataset: [optionalText(input, 'dataset_name', 500), optionalText(input, 'dataset_digest', 36)],
  };
};

/** How points are written: with what they say of logged models, and whether ones that are there already are met. */
export interface Writing {
  readonly modelled: boolean;
  readonly again: boolean;
}
export const isModelled = (points: readonly Point[]): boolean => points.some((p) => p.modelId !== undefined);

const COLUMNS = { key: 'text', ts: 'int8', step: 'int8', value: 'float8', is_nan: 'bool', newest: 'bool' };
const MODEL_COLUMNS = { model_id: 'text', dataset_name: 'text', dataset_digest: 'text' };
const KEPT = 'run_id, key, ts, step, value, is_nan';

/**
 * CTEs that write points of run $1, given by `pointColumns` from parameter `first` on; a CTE `writable` before them has the
 * run's `experiment_id`, or no row and then nothing is written. Latest is the largest (step, timestamp, value), not the last
 * to arrive. Without `again` a point that is there already is a unique violation: to look for each one costs half as much more.
 */
export const writePoints = (first: number, { modelled, again }: Writing): string => {
  const columns = Object.entries({ ...COLUMNS, ...(modelled && MODEL_COLUMNS) });
  const arrays = columns.map(([, type], i) => `$${first + i}::${type}[]`).join(', ');
  const names = columns.map(([name]) => name).join(', ');
  const onModels = `,
  modelled AS (
    INSERT INTO logged_model_metrics (model_id, ${KEPT}, dataset_name, dataset_digest)
    SELECT model_id, $1, key, ts, step, value, is_nan, dataset_name, dataset_digest FROM given
    WHERE model_id IS NOT NULL ON CONFLICT DO NOTHING)`;
  return `given AS MATERIALIZED (
    SELECT t.*, w.experiment_id FROM writable w, unnest(${arrays}) AS t(${names})),
  kept AS (
    INSERT INTO metrics (${KEPT})
    SELECT $1, key, ts, step, value, is_nan FROM given${again ? ' ON CONFLICT DO NOTHING' : ''}),
  latest AS (
    INSERT INTO latest_metrics AS l (${KEPT}, experiment_id)
    SELECT $1, key, ts, step, value, is_nan, experiment_id FROM given WHERE newest
    ON CONFLICT (run_id, key) DO UPDATE
    SET ts = excluded.ts, step = excluded.step, value = excluded.value, is_nan = excluded.is_nan
    WHERE (excluded.step, excluded.ts, excluded.value) >= (l.step, l.ts, l.value))${modelled ? onModels : ''}`;
};

const later = (a: Point, b: Point): boolean => {
  if (a.step !== b.step) return a.step > b.step;
  return a.ts !== b.ts ? a.ts > b.ts : a.value > b.value;
};

/** The newest point of each key. */
const newestOf = (points: readonly Point[]): ReadonlySet<Point> => {
  const newest = new Map<string, Point>();
  for (const point of points) {
    const known = newest.get(point.key);
    if (known === undefined || later(point, known)) newest.set(point.key, point);
  }
  return new Set(newest.values());
};

/** PostgreSQL's spelling of an array; the driver's own way takes most of the time that a large batch takes here. */
const array = (items: readonly unknown[]): string => `{${items.join(',')}}`;
const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Values for `writePoints`. */
export const pointColumns = (points: readonly Point[]): unknown[] => {
  const newest = newestOf(points);
  const columns = [
    array(points.map((p) => quoted(p.key))),
    array(points.map((p) => p.ts)),
    array(points.map((p) => p.step)),
    array(points.map((p) => (Object.is(p.value, -0) ? '-0' : p.value))),
    array(points.map((p) => p.isNan)),
    array(points.map((p) => newest.has(p))),
  ];
  if (!isModelled(points)) return columns;
  const optional = (of: (p: Point) => string | undefined) => points.map((p) => of(p) ?? null);
  return [
    ...columns,
    optional((p) => p.modelId),
    optional((p) => p.dataset[0]),
    optional((p) => p.dataset[1]),
  ];
};

/** What the database refuses about points, in the client's words. */
export const explainPoints = (error: unknown): unknown =>
  (error as { constraint?: string } | null)?.constraint === 'logged_model_metrics_model_id_fkey'
    ? invalid('Cannot log a metric to a logged model that does not exist; create the logged model first')
    : error;

/** The points, or some of them, are there already. */
export const isPointKept = (error: unknown): boolean => {
  const { code, constraint } = (error ?? {}) as { code?: string; constraint?: string };
  return code === '23505' && /^metrics_\d+_pkey$/.test(constraint ?? '');
};

/** Points of a run in whatever state, inside the caller's transaction. */
export const putPoints = async (db: Db, runId: string, points: readonly Point[]): Promise<void> => {
  const modelled = isModelled(points);
  try {
    await db.query({
      name: `put-points${modelled ? '-modelled' : ''}`,
      text: `WITH writable AS (SELECT experiment_id FROM runs WHERE id = $1), ${writePoints(2, { modelled, again: true })} SELECT 1`,
      values: [runId, ...pointColumns(points)],
    });
  } catch (error) {
    throw explainPoints(error);
  }
};

export const renderMetric = (r: Readonly<Record<string, unknown>>) => ({
  key: r.key,
  value: double(r.value, r.is_nan),
  timestamp: int(r.ts),
  step: int(r.step),
});
