import { betaTails } from '../numeric/beta.ts';
import { at } from '../numeric/sum.ts';
import { type Estimate, meanDifference } from './mean-difference.ts';

export const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Type 7 (linear) of ascending values. */
export function quantileOf(ascending: readonly number[], q: number): number {
  const position = (ascending.length - 1) * Math.min(1, Math.max(0, q));
  const low = Math.floor(position);
  const below = at(ascending, low);
  const above = at(ascending, Math.min(low + 1, ascending.length - 1));
  return below + (position - low) * (above - below);
}

/** The z of the density estimate is the 97.5 % point whatever alpha is, as in gbstats. */
export const QUANTILE_Z = 1.959963984540054;

/** Fewer values than this put an arm of the density estimate beyond the sample. */
export const quantileMinimum = (q: number): number => QUANTILE_Z ** 2 * Math.max(q / (1 - q), (1 - q) / q);

function quantileArm(values: readonly number[], q: number) {
  const ascending = sorted(values);
  const n = ascending.length;
  const reach = QUANTILE_Z * Math.sqrt((q * (1 - q)) / n);
  const width = quantileOf(ascending, q + reach) - quantileOf(ascending, q - reach);
  return { n, mean: quantileOf(ascending, q), variance: (n - 1) * (width / (2 * QUANTILE_Z)) ** 2 };
}

/** Difference of quantiles by Welch on density-estimate variances (Deng, Knoblich & Lu 2018, section 4.2). */
export function quantileDifference(
  control: readonly number[],
  treatment: readonly number[],
  q: number,
  alpha = 0.05,
): Estimate & { control: number; treatment: number } {
  const [a, b] = [quantileArm(control, q), quantileArm(treatment, q)];
  return { ...meanDifference(a, b, { alpha }), control: a.mean, treatment: b.mean };
}

/** Distribution-free interval from order statistics; null where the sample is too small for that side. */
export function quantileInterval(
  values: readonly number[],
  q: number,
  alpha = 0.05,
): { estimate: number; lower: number | null; upper: number | null } {
  const ascending = sorted(values);
  const n = ascending.length;
  const atMost = (k: number): number => betaTails(n - k, k + 1, 1 - q, q).lower;
  const atLeast = (k: number): number => betaTails(k, n - k + 1, q, 1 - q).lower;
  let l = 0;
  while (l < n && atMost(l) <= alpha / 2) l += 1;
  let u = n + 1;
  while (u > 1 && atLeast(u - 1) <= alpha / 2) u -= 1;
  return {
    estimate: quantileOf(ascending, q),
    lower: l === 0 ? null : at(ascending, l - 1),
    upper: u === n + 1 ? null : at(ascending, u - 1),
  };
}
