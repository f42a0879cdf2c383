import type { Arm } from '../arm.ts';
import { covariance, mean, sum, variance } from '../numeric/sum.ts';
import { meanDifference } from './mean-difference.ts';
import { type LinearLift, linearLift } from './relative-lift.ts';

/** Sufficient statistics of one arm's (numerator, denominator) pairs per unit; variances have denominator n − 1. */
export interface RatioArm {
  readonly n: number;
  readonly meanNumerator: number;
  readonly meanDenominator: number;
  readonly varianceNumerator: number;
  readonly varianceDenominator: number;
  readonly covariance: number;
}

export function ratioArm(numerator: readonly number[], denominator: readonly number[]): RatioArm {
  const [n, d] = [mean(numerator), mean(denominator)];
  return {
    n: numerator.length,
    meanNumerator: n,
    meanDenominator: d,
    varianceNumerator: variance(numerator, n),
    varianceDenominator: variance(denominator, d),
    covariance: covariance(numerator, denominator, n, d),
  };
}

/** Σnum/Σden as if it were a mean whose unit variance is the delta method's (Deng, Knoblich & Lu, KDD 2018, eq. 9). */
export function asMean(arm: RatioArm): Arm {
  const { meanNumerator: n, meanDenominator: d } = arm;
  const spread = sum([
    arm.varianceNumerator / d ** 2,
    (-2 * arm.covariance * n) / d ** 3,
    (n ** 2 * arm.varianceDenominator) / d ** 4,
  ]);
  return { n: arm.n, mean: n / d, variance: Math.max(0, spread) };
}

export interface RatioDifference extends LinearLift {
  readonly controlRatio: number;
  readonly treatmentRatio: number;
}

/** Welch on the ratios; relative on the linear scale. Both denominators sum to something other than 0. */
export function ratioMetric(
  control: RatioArm,
  treatment: RatioArm,
  { alpha = 0.05, relative = false }: { alpha?: number; relative?: boolean } = {},
): RatioDifference {
  const [a, b] = [asMean(control), asMean(treatment)];
  const { effect, se, df, p, lower, upper } = relative
    ? linearLift(a, b, alpha)
    : meanDifference(a, b, { alpha });
  return { effect, se, df, p, lower, upper, controlRatio: a.mean, treatmentRatio: b.mean };
}
