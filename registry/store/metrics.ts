import { type Db, rows } from './database.ts';
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

/** Latest is the largest (step, timestamp, value), not the last to arrive. */
export const putPoints = async (db: Db, runId: string, points: readonly Point[]): Promise<void> => {
  if (points.length === 0) return;
  const columns = [
    runId,
    points.map((p) => p.key),
    points.map((p) => String(p.ts)),
    points.map((p) => String(p.step)),
    points.map((p) => p.value),
    points.map((p) => p.isNan),
  ];
  const given =
    'unnest($2::text[], $3::int8[], $4::int8[], $5::float8[], $6::bool[]) AS t(key, ts, step, value, is_nan)';
  await db.query(`INSERT INTO metrics SELECT $1, t.* FROM ${given} ON CONFLICT DO NOTHING`, columns);
  await db.query(
    `INSERT INTO latest_metrics AS l SELECT DISTINCT ON (key) $1, t.* FROM ${given} ORDER BY key, step DESC, ts DESC, value DESC
     ON CONFLICT (run_id, key) DO UPDATE SET ts = excluded.ts, step = excluded.step, value = excluded.value, is_nan = excluded.is_nan
     WHERE (excluded.step, excluded.ts, excluded.value) >= (l.step, l.ts, l.value)`,
    columns,
  );
  for (const p of points.filter((q) => q.modelId !== undefined)) {
    const known = await rows(db, 'SELECT 1 FROM logged_models WHERE id = $1', [p.modelId]);
    if (known.length === 0)
      throw invalid(`Cannot log metric '${p.key}': there is no logged model '${p.modelId}'`);
    await db.query(
      'INSERT INTO logged_model_metrics VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING',
      [
        p.modelId,
        p.key,
        runId,
        String(p.ts),
        String(p.step),
        p.value,
        p.isNan,
        ...p.dataset.map((d) => d ?? null),
      ],
    );
  }
};

export const renderMetric = (r: Readonly<Record<string, unknown>>) => ({
  key: r.key,
  value: double(r.value, r.is_nan),
  timestamp: int(r.ts),
  step: int(r.step),
});
