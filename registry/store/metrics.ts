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

/**
 * CTEs that write points of run $1, given by eight parameters from `first` on; a CTE `writable` before them has the run's
 * `experiment_id`, or no row and then nothing is written. Latest is the largest (step, timestamp, value), not the last to arrive.
 */
export const writePoints = (first: number): string => `given AS MATERIALIZED (
    SELECT t.*, w.experiment_id FROM writable w,
      unnest(${['text', 'int8', 'int8', 'float8', 'bool', 'text', 'text', 'text'].map((type, i) => `$${first + i}::${type}[]`).join(', ')})
        AS t(key, ts, step, value, is_nan, model_id, dataset_name, dataset_digest)),
  kept AS (
    INSERT INTO metrics (run_id, key, ts, step, value, is_nan)
    SELECT $1, key, ts, step, value, is_nan FROM given ON CONFLICT DO NOTHING),
  latest AS (
    INSERT INTO latest_metrics AS l (run_id, key, ts, step, value, is_nan, experiment_id)
    SELECT DISTINCT ON (key) $1, key, ts, step, value, is_nan, experiment_id FROM given
    ORDER BY key, step DESC, ts DESC, value DESC
    ON CONFLICT (run_id, key) DO UPDATE
    SET ts = excluded.ts, step = excluded.step, value = excluded.value, is_nan = excluded.is_nan
    WHERE (excluded.step, excluded.ts, excluded.value) >= (l.step, l.ts, l.value)),
  modelled AS (
    INSERT INTO logged_model_metrics (model_id, key, run_id, ts, step, value, is_nan, dataset_name, dataset_digest)
    SELECT model_id, key, $1, ts, step, value, is_nan, dataset_name, dataset_digest FROM given
    WHERE model_id IS NOT NULL ON CONFLICT DO NOTHING)`;

/** Values for `writePoints`; what no point has is left out, and unnest reads it as NULL. */
export const pointColumns = (points: readonly Point[]): unknown[] => {
  const modelled = points.some((p) => p.modelId !== undefined);
  const optional = (of: (p: Point) => string | undefined) =>
    modelled ? points.map((p) => of(p) ?? null) : [];
  return [
    points.map((p) => p.key),
    points.map((p) => String(p.ts)),
    points.map((p) => String(p.step)),
    // As text, where the driver would write -0 as 0
    points.map((p) => (Object.is(p.value, -0) ? '-0' : p.value)),
    points.map((p) => p.isNan),
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

/** Points of a run in whatever state, inside the caller's transaction. */
export const putPoints = async (db: Db, runId: string, points: readonly Point[]): Promise<void> => {
  try {
    await db.query({
      name: 'put-points',
      text: `WITH writable AS (SELECT experiment_id FROM runs WHERE id = $1), ${writePoints(2)} SELECT 1`,
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
