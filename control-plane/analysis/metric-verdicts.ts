import type { ArmMoments, ExactMoments } from '@assay/domain/exact-moments';
import { columnPairs, type MetricSet, type SetMetric } from '@assay/domain/metric-set';
import { type AbInput, type AbVerdict, abVerdict } from './ab-verdict.ts';
import type { Arm } from './arm.ts';
import { exactCovariateArm, exactMean, exactRatioArm, exactVariance, type Place } from './exact-arms.ts';
import { adjustedArms } from './methods/cuped.ts';
import { asMean } from './methods/ratio-metric.ts';

export interface MetricVerdict extends AbVerdict {
  readonly metric: string;
  /** Share of the squared standard error that the covariate takes away; null without one. */
  readonly varianceReduction: number | null;
}

const NOBODY: ExactMoments = { units: 0n, sums: [], squares: [], products: [] };

/** A verdict a metric from the sums that a look kept: the same sums give the same bits. */
export function metricVerdicts(
  set: MetricSet,
  moments: ArmMoments,
  look: AbInput['look'],
): readonly MetricVerdict[] {
  const [control, treatment] = set.arms.map((arm) => moments.arms[arm.name] ?? NOBODY) as [
    ExactMoments,
    ExactMoments,
  ];
  const weights = set.arms.map((arm) => arm.weight) as [number, number];
  const strangers = Object.keys(moments.arms).filter((name) => !set.arms.some((arm) => arm.name === name));
  return set.metrics.map((metric) => {
    const { arms, varianceReduction } = armsOf(set, metric, control, treatment);
    const verdict = abVerdict({
      metric: metric.name,
      better: metric.better,
      control: arms[0],
      treatment: arms[1],
      assigned: [Number(control.units), Number(treatment.units)],
      weights,
      alpha: set.alpha,
      smallestEffect: metric.smallestEffect,
      minUnits: set.minUnits,
      tuning: set.tuning,
      look,
      guardrails: [],
    });
    const found = { ...verdict, metric: metric.name, varianceReduction };
    if (strangers.length === 0) return found;
    const reason = `exposures name arms that the set does not: ${strangers.join(', ')}`;
    return { ...found, kind: 'refused' as const, reasons: [reason] };
  });
}

interface Arms {
  readonly arms: readonly [Arm, Arm];
  readonly varianceReduction: number | null;
}

const spread = (a: Arm, b: Arm): number => a.variance / a.n + b.variance / b.n;

function armsOf(set: MetricSet, metric: SetMetric, control: ExactMoments, treatment: ExactMoments): Arms {
  const place = (name: string): Place => {
    const index = set.columns.findIndex((c) => c.name === name);
    return { index, scale: 10n ** BigInt(set.columns[index]?.decimals ?? 0) };
  };
  const value = place(metric.value);
  const other = metric.denominator ?? metric.covariate;
  const plain = (m: ExactMoments): Arm =>
    m.units === 0n
      ? { n: 0, mean: Number.NaN, variance: Number.NaN }
      : { n: Number(m.units), mean: exactMean(m, value), variance: exactVariance(m, value) };
  const raw = [plain(control), plain(treatment)] as const;
  if (other === undefined || control.units === 0n || treatment.units === 0n)
    return { arms: raw, varianceReduction: null };
  const pair = pairOf(set, value.index, place(other).index);
  if (metric.denominator !== undefined) {
    const ratio = (m: ExactMoments): Arm => asMean(exactRatioArm(m, value, place(other), pair));
    return { arms: [ratio(control), ratio(treatment)], varianceReduction: null };
  }
  const withCovariate = (m: ExactMoments) => exactCovariateArm(m, value, place(other), pair);
  const arms = adjustedArms(withCovariate(control), withCovariate(treatment));
  return { arms, varianceReduction: 1 - spread(arms[0], arms[1]) / spread(raw[0], raw[1]) };
}

const pairOf = (set: MetricSet, a: number, b: number): number =>
  columnPairs(set).findIndex(([i, j]) => i === a && j === b);
