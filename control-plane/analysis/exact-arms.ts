import type { ExactMoments } from '@assay/domain/exact-moments';
import type { CovariateArm } from './methods/cuped.ts';
import type { RatioArm } from './methods/ratio-metric.ts';

/** numerator / denominator, rounded once: 2⁻⁵³ relative. The denominator is above 0. */
export function quotient(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0;
  const size = numerator < 0n ? -numerator : numerator;
  // 55 bits or more of quotient, the last of them telling whether anything is left: Number() then rounds once
  const shift = Math.max(0, 55 + denominator.toString(2).length - size.toString(2).length);
  const scaled = size << BigInt(shift);
  const whole = scaled / denominator;
  const sticky = scaled % denominator === 0n ? 0n : 1n;
  const result = Number((whole << 1n) | sticky) / 2 ** (shift + 1);
  return numerator < 0n ? -result : result;
}

/** A column's place in the moments and the size of its unit: 10^decimals. */
export interface Place {
  readonly index: number;
  readonly scale: bigint;
}

const one = (values: readonly bigint[], index: number): bigint => values[index] ?? 0n;

export function exactMean({ units, sums }: ExactMoments, { index, scale }: Place): number {
  return quotient(one(sums, index), units * scale);
}

/** Denominator n − 1: (n·Σv² − (Σv)²) / (n(n − 1)), exact until the one division. */
export function exactVariance({ units, sums, squares }: ExactMoments, { index, scale }: Place): number {
  if (units < 2n) return 0;
  const sum = one(sums, index);
  return quotient(units * one(squares, index) - sum * sum, units * (units - 1n) * scale * scale);
}

function exactCovariance(moments: ExactMoments, a: Place, b: Place, pair: number): number {
  const { units, sums, products } = moments;
  if (units < 2n) return 0;
  const numerator = units * one(products, pair) - one(sums, a.index) * one(sums, b.index);
  return quotient(numerator, units * (units - 1n) * a.scale * b.scale);
}

export const exactCovariateArm = (m: ExactMoments, y: Place, x: Place, pair: number): CovariateArm => ({
  n: Number(m.units),
  meanY: exactMean(m, y),
  meanX: exactMean(m, x),
  varianceY: exactVariance(m, y),
  varianceX: exactVariance(m, x),
  covariance: exactCovariance(m, y, x, pair),
});

export const exactRatioArm = (m: ExactMoments, top: Place, bottom: Place, pair: number): RatioArm => ({
  n: Number(m.units),
  meanNumerator: exactMean(m, top),
  meanDenominator: exactMean(m, bottom),
  varianceNumerator: exactVariance(m, top),
  varianceDenominator: exactVariance(m, bottom),
  covariance: exactCovariance(m, top, bottom, pair),
});
