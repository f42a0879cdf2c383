import { normalTwoSided, normalUpperQuantile } from '../numeric/normal.ts';
import { type Bounds, type Proportion, wilson } from './proportion-interval.ts';

export const DIFFERENCE_INTERVALS = ['wald', 'newcombe', 'agresti-caffo'] as const;
export type DifferenceIntervalKind = (typeof DIFFERENCE_INTERVALS)[number];

export interface ProportionDifference extends Bounds {
  readonly effect: number;
  readonly z: number;
  readonly p: number;
}

const rate = ({ successes, n }: Proportion): number => successes / n;

function around(control: Proportion, treatment: Proportion, alpha: number): Bounds {
  const [p0, p1] = [rate(control), rate(treatment)];
  const half =
    normalUpperQuantile(alpha / 2) * Math.sqrt((p0 * (1 - p0)) / control.n + (p1 * (1 - p1)) / treatment.n);
  return { lower: p1 - p0 - half, upper: p1 - p0 + half };
}

/** Newcombe, Statistics in Medicine 17 (1998), method 10: Wilson limits of each arm, squared and added. */
function newcombe(control: Proportion, treatment: Proportion, alpha: number): Bounds {
  const [p0, p1] = [rate(control), rate(treatment)];
  const [c, t] = [wilson(control, alpha), wilson(treatment, alpha)];
  return {
    lower: p1 - p0 - Math.hypot(p1 - t.lower, c.upper - p0),
    upper: p1 - p0 + Math.hypot(t.upper - p1, p0 - c.lower),
  };
}

const plusFour = ({ successes, n }: Proportion): Proportion => ({ successes: successes + 1, n: n + 2 });

const INTERVALS: Record<DifferenceIntervalKind, (c: Proportion, t: Proportion, alpha: number) => Bounds> = {
  wald: around,
  newcombe,
  /** Agresti & Caffo, American Statistician 54 (2000). */
  'agresti-caffo': (control, treatment, alpha) => around(plusFour(control), plusFour(treatment), alpha),
};

/** Pooled z test without continuity correction, and an interval. Some trial succeeded and some failed. */
export function proportionDifference(
  control: Proportion,
  treatment: Proportion,
  { alpha = 0.05, interval = 'newcombe' }: { alpha?: number; interval?: DifferenceIntervalKind } = {},
): ProportionDifference {
  const effect = rate(treatment) - rate(control);
  const pooled = (control.successes + treatment.successes) / (control.n + treatment.n);
  const z = effect / Math.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / treatment.n));
  return { effect, z, p: normalTwoSided(z), ...INTERVALS[interval](control, treatment, alpha) };
}
