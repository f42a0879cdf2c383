import { type Arm, differenceVariance } from '../arm.ts';
import { tUpper, tUpperQuantile } from '../numeric/student.ts';
import { welchDf } from './mean-difference.ts';

export interface NonInferiority {
  readonly effect: number;
  readonly t: number;
  readonly df: number;
  readonly p: number;
  /** One-sided limit of the effect at 1 − alpha: the lower one where higher is better, else the upper one. */
  readonly bound: number;
  readonly nonInferior: boolean;
}

/** Welch, one-sided, of H₀: worse by at least `margin` (in the metric's unit). */
export function nonInferiority(
  control: Arm,
  treatment: Arm,
  { margin, better, alpha = 0.05 }: { margin: number; better: 'higher' | 'lower'; alpha?: number },
): NonInferiority {
  const effect = treatment.mean - control.mean;
  const se = Math.sqrt(differenceVariance(control, treatment));
  const df = welchDf(control, treatment);
  const sign = better === 'higher' ? 1 : -1;
  const t = (effect + sign * margin) / se;
  const p = tUpper(sign * t, df);
  return { effect, t, df, p, bound: effect - sign * se * tUpperQuantile(alpha, df), nonInferior: p < alpha };
}
