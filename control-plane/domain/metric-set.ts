import { canonicalJson } from './canonical-json.ts';
import { AssayError } from './errors.ts';

/** A column of the outcomes, added up over a unit's outcomes. */
export interface OutcomeColumn {
  readonly name: string;
  /** Decimals kept, 0 to 9: each outcome is rounded once to this resolution, and everything after is exact. */
  readonly decimals: number;
}

export interface SetMetric {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** In the metric's unit, > 0. */
  readonly smallestEffect: number;
  readonly value: string;
  /** A ratio of sums: value / denominator. */
  readonly denominator?: string;
  /** Measured before exposure (CUPED). Not with a denominator. */
  readonly covariate?: string;
}

/** What a look at an experiment needs of its evidence; control comes first. */
export interface MetricSet {
  readonly arms: readonly { readonly name: string; readonly weight: number }[];
  readonly columns: readonly OutcomeColumn[];
  readonly metrics: readonly SetMetric[];
  readonly alpha: number;
  readonly minUnits: number;
  /** Units of both arms together at which the running sequence is tightest. */
  readonly tuning: number;
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const RESERVED = new Set(['unit', 'arm', 'id', 'revision']);
const MOST_DECIMALS = 9;

const refuse = (field: string, why: string): never => {
  throw new AssayError('EXPERIMENT_INVALID', `Cannot use the metric set: ${field} ${why}`, { field });
};

function checkColumns(columns: readonly OutcomeColumn[]): void {
  for (const [i, { name, decimals }] of columns.entries()) {
    if (!NAME.test(name) || RESERVED.has(name)) refuse(`columns[${i}].name`, `"${name}" is no column name`);
    if (columns.findIndex((c) => c.name === name) !== i)
      refuse(`columns[${i}].name`, `"${name}" is there twice`);
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > MOST_DECIMALS)
      refuse(`columns[${i}].decimals`, `${decimals} is not a whole number from 0 to ${MOST_DECIMALS}`);
  }
}

function checkMetric(set: MetricSet, metric: SetMetric, i: number): void {
  for (const role of ['value', 'denominator', 'covariate'] as const) {
    const column = metric[role];
    if (column !== undefined && !set.columns.some((c) => c.name === column))
      refuse(`metrics[${i}].${role}`, `"${column}" is not among the columns`);
  }
  if (metric.denominator !== undefined && metric.covariate !== undefined)
    refuse(`metrics[${i}].covariate`, 'is not for ratios');
  if (set.metrics.findIndex((m) => m.name === metric.name) !== i)
    refuse(`metrics[${i}].name`, `"${metric.name}" is there twice`);
}

/** Throws EXPERIMENT_INVALID naming the field. */
export function checkMetricSet(set: MetricSet): void {
  if (set.arms.length !== 2)
    refuse('arms', `has ${set.arms.length} arms: control and treatment are compared`);
  checkColumns(set.columns);
  if (set.metrics.length === 0) refuse('metrics', 'is empty');
  for (const [i, metric] of set.metrics.entries()) checkMetric(set, metric, i);
}

/** Pairs of columns whose products a verdict needs, as places in `columns`. */
export function columnPairs({ columns, metrics }: MetricSet): readonly (readonly [number, number])[] {
  const place = (name: string): number => columns.findIndex((c) => c.name === name);
  return metrics.flatMap((m) => {
    const other = m.denominator ?? m.covariate;
    return other === undefined ? [] : [[place(m.value), place(other)] as const];
  });
}

/** The parts that decide which sums are kept, as canonical text: thresholds may change and the sums stay. */
export const sumsText = (set: MetricSet): string =>
  canonicalJson({
    columns: set.columns.map((c) => ({ name: c.name, decimals: c.decimals })),
    pairs: columnPairs(set).map((pair) => [...pair]),
  });
