import { normalTwoSided, normalUpperQuantile } from '../numeric/normal.ts';

export const ROI_INTERVALS = ['fieller', 'delta'] as const;

/** An estimate and its variance (squared standard error), in money. */
export interface Uncertain {
  readonly estimate: number;
  readonly variance: number;
}

export interface Roi {
  /** gain/cost − 1. */
  readonly roi: number;
  readonly net: number;
  readonly netSe: number;
  /** Two-sided, of break-even: gain = cost. */
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
}

/** Whether the cost is told from 0 at alpha; if not, Fieller’s set has no end. */
export function fiellerBounded(cost: Uncertain, alpha: number): boolean {
  return cost.estimate ** 2 > normalUpperQuantile(alpha / 2) ** 2 * cost.variance;
}

/** Roots in r of (G − rC)² = z²(v_G − 2r·c + r²v_C): Fieller, JRSS B 16 (1954), eq. 4. */
function fieller(gain: Uncertain, cost: Uncertain, covariance: number, z: number): [number, number] {
  const a = cost.estimate ** 2 - z * z * cost.variance;
  const b = gain.estimate * cost.estimate - z * z * covariance;
  const c = gain.estimate ** 2 - z * z * gain.variance;
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  // The root that adds, then Vieta: no digits are lost where the two lie far apart.
  const far = b + (b < 0 ? -root : root);
  const ends = far === 0 ? [0, 0] : [far / a, c / far];
  return [Math.min(...ends), Math.max(...ends)];
}

/**
 * Return on investment of an incremental gain over an incremental cost, both estimated (by any method here: effect and se²).
 * Fieller's interval holds its level where the cost is uncertain; the delta method is symmetric (Willan & O'Brien, Health Economics
 * 5 (1996)). Cost above 0; for Fieller, told from 0 at alpha.
 */
export function roi(
  gain: Uncertain,
  cost: Uncertain,
  {
    covariance = 0,
    interval = 'fieller',
    alpha = 0.05,
  }: { covariance?: number; interval?: (typeof ROI_INTERVALS)[number]; alpha?: number } = {},
): Roi {
  const z = normalUpperQuantile(alpha / 2);
  const ratio = gain.estimate / cost.estimate;
  const net = gain.estimate - cost.estimate;
  const netSe = Math.sqrt(Math.max(0, gain.variance + cost.variance - 2 * covariance));
  const half =
    (z * Math.sqrt(Math.max(0, gain.variance - 2 * ratio * covariance + ratio ** 2 * cost.variance))) /
    cost.estimate;
  const [low, high] =
    interval === 'fieller' ? fieller(gain, cost, covariance, z) : [ratio - half, ratio + half];
  return { roi: ratio - 1, net, netSe, p: normalTwoSided(net / netSe), lower: low - 1, upper: high - 1 };
}
