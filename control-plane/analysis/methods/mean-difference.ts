import { type Arm, differenceVariance } from '../arm.ts';
import { tTwoSided, tUpper, tUpperQuantile } from '../numeric/student.ts';

export type Alternative = 'two-sided' | 'greater' | 'less';

export interface Estimate {
  readonly effect: number;
  readonly se: number;
  readonly df: number;
  readonly t: number;
  readonly p: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Satterthwaite's degrees of freedom of a difference of means (Welch 1947). */
export function welchDf(control: Arm, treatment: Arm): number {
  const a = control.variance / control.n;
  const b = treatment.variance / treatment.n;
  return (a + b) ** 2 / (a ** 2 / (control.n - 1) + b ** 2 / (treatment.n - 1));
}

/** p of a t statistic under the alternative, computed in the tail it asks for. */
export function tTest(t: number, df: number, alternative: Alternative = 'two-sided'): number {
  if (alternative === 'greater') return tUpper(t, df);
  return alternative === 'less' ? tUpper(-t, df) : tTwoSided(t, df);
}

export interface Interval {
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Limits at 1 − alpha; a one-sided test leaves the other side open. */
export function tInterval(
  { effect, se, df }: { effect: number; se: number; df: number },
  alpha: number,
  alternative: Alternative = 'two-sided',
): Interval {
  const half = se * tUpperQuantile(alternative === 'two-sided' ? alpha / 2 : alpha, df);
  return {
    lower: alternative === 'less' ? null : effect - half,
    upper: alternative === 'greater' ? null : effect + half,
  };
}

/** Estimate, test and interval of an effect whose standard error and degrees of freedom are known. */
export function tEstimate(
  { effect, se, df }: { effect: number; se: number; df: number },
  alpha: number,
  alternative: Alternative = 'two-sided',
): Estimate {
  const t = effect / se;
  return {
    effect,
    se,
    df,
    t,
    p: tTest(t, df, alternative),
    ...tInterval({ effect, se, df }, alpha, alternative),
  };
}

/** Welch's test of treatment − control. Needs n ≥ 2 in both arms and variation in at least one. */
export function meanDifference(
  control: Arm,
  treatment: Arm,
  { alpha = 0.05, alternative = 'two-sided' }: { alpha?: number; alternative?: Alternative } = {},
): Estimate {
  const effect = treatment.mean - control.mean;
  const se = Math.sqrt(differenceVariance(control, treatment));
  return tEstimate({ effect, se, df: welchDf(control, treatment) }, alpha, alternative);
}
