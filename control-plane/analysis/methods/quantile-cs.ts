import { findRoot } from '../numeric/root.ts';
import { quantileOf, sorted } from './quantiles.ts';

/** Howard & Ramdas, "Sequential estimation of quantiles", Bernoulli 28 (2022), theorem 2: the bound's level at C and η = e^s. */
function levelAt(c: number, s: number): number {
  const eta = Math.exp(s);
  const root = 0.85 - Math.sqrt((2 * (eta - 1)) / c);
  const gamma2 = (2 / eta) * root * root;
  if (root <= 0 || gamma2 <= 1) return Infinity;
  return 4 * Math.exp(-gamma2 * c) * (1 + 1 / ((gamma2 - 1) * s));
}

/** Least level over η > 1: a grid in ln η, then golden section around its best point. */
function leastLevel(c: number): number {
  const grid = Array.from({ length: 400 }, (_, i) => 1e-6 * 10 ** (i / 66));
  const values = grid.map((s) => levelAt(c, s));
  const best = values.indexOf(Math.min(...values));
  let low = grid[Math.max(0, best - 1)] as number;
  let high = grid[Math.min(grid.length - 1, best + 1)] as number;
  const ratio = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 100; i++) {
    const [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (levelAt(c, a) < levelAt(c, b)) high = b;
    else low = a;
  }
  return levelAt(c, (low + high) / 2);
}

/** C of the bound at this level: it does not depend on the data. */
export const quantileConstant = (alpha: number): number =>
  findRoot((x) => Math.min(1e6, leastLevel(x)) - alpha, 0.01, 2000);

/** Half-width in ranks' shares after n values, n ≥ tMin. */
export const quantileRadius = (n: number, constant: number, tMin: number): number =>
  0.85 * Math.sqrt((Math.log1p(Math.log(n / tMin)) + constant) / n);

/** Confidence sequence of a quantile, valid at every n ≥ tMin; null where its order statistic is beyond the sample. */
export function quantileCs(
  values: readonly number[],
  q: number,
  { alpha = 0.05, tMin = 32 }: { alpha?: number; tMin?: number } = {},
): { estimate: number; radius: number; lower: number | null; upper: number | null } {
  const n = values.length;
  const radius = quantileRadius(n, quantileConstant(alpha), tMin);
  const ascending = sorted(values);
  const nth = (k: number): number | null => (k >= 1 && k <= n ? (ascending[k - 1] as number) : null);
  return {
    estimate: quantileOf(ascending, q),
    radius,
    lower: nth(Math.ceil(n * (q - radius))),
    upper: nth(Math.floor(n * (q + radius)) + 1),
  };
}
