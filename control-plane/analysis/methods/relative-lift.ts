import type { Arm } from '../arm.ts';
import { normalUpperQuantile } from '../numeric/normal.ts';
import { tEstimate, welchDf } from './mean-difference.ts';

/** Variance of m₁/m₀ − 1 by the delta method. */
export function liftVariance(control: Arm, treatment: Arm): number {
  const base = control.mean ** 2;
  return (
    treatment.variance / (treatment.n * base) +
    ((control.variance / control.n) * (treatment.mean / base) * treatment.mean) / base
  );
}

export interface LinearLift {
  readonly effect: number;
  readonly se: number;
  readonly df: number;
  readonly p: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Relative effect on the linear scale; t quantile with the Welch df of the absolute difference. control.mean ≠ 0. */
export function linearLift(control: Arm, treatment: Arm, alpha = 0.05): LinearLift {
  const effect = (treatment.mean - control.mean) / control.mean;
  const se = Math.sqrt(liftVariance(control, treatment));
  const { t: _, ...lift } = tEstimate({ effect, se, df: welchDf(control, treatment) }, alpha);
  return lift;
}

/** Relative effect on the log scale, normal quantile. Both means > 0. */
export function logLift(
  control: Arm,
  treatment: Arm,
  alpha = 0.05,
): { effect: number; lower: number; upper: number } {
  const ratio = treatment.mean / control.mean;
  const variance =
    treatment.variance / (treatment.n * treatment.mean ** 2) +
    control.variance / (control.n * control.mean ** 2);
  const half = normalUpperQuantile(alpha / 2) * Math.sqrt(variance);
  return { effect: ratio - 1, lower: ratio * Math.exp(-half) - 1, upper: ratio * Math.exp(half) - 1 };
}
