import { kolmogorovUpper } from '../numeric/kolmogorov.ts';
import { at } from '../numeric/sum.ts';

export interface Ks {
  readonly d: number;
  readonly p: number;
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Greatest |i·n − j·m| over the pooled sample: d·m·n as a whole number. */
function statistic(reference: readonly number[], current: readonly number[]): number {
  const [a, b] = [ascending(reference), ascending(current)];
  const [m, n] = [a.length, b.length];
  let [i, j, greatest] = [0, 0, 0];
  while (i < m && j < n) {
    const x = Math.min(at(a, i), at(b, j));
    while (i < m && at(a, i) <= x) i += 1;
    while (j < n && at(b, j) <= x) j += 1;
    greatest = Math.max(greatest, Math.abs(i * n - j * m));
  }
  return greatest;
}

/**
 * Share of the lattice paths from (0, 0) to (m, n) that reach |i·n − j·m| ≥ bound (Hodges 1957): each cell's share is the mean
 * of its two predecessors', weighted by their numbers of paths. Positive terms only, so that a small p keeps its digits.
 */
function pathShare(m: number, n: number, bound: number): number {
  if (bound === 0) return 1;
  // share[j] holds row i − 1 until it is overwritten with row i.
  const share = new Float64Array(n + 1);
  for (let i = 0; i <= m; i++)
    for (let j = 0; j <= n; j++) {
      const left = j === 0 ? 0 : (share[j - 1] as number) * j;
      const below = i === 0 ? 0 : (share[j] as number) * i;
      share[j] = Math.abs(i * n - j * m) >= bound ? 1 : (left + below) / Math.max(1, i + j);
    }
  return share[n] as number;
}

/** Halves go to the even neighbour, as numpy's round does. */
function roundHalfEven(x: number): number {
  const whole = Math.floor(x);
  if (x - whole !== 0.5) return Math.round(x);
  return whole % 2 === 0 ? whole : whole + 1;
}

/** Two-sided two-sample Kolmogorov-Smirnov test. Asymptotic: the finite-sample law at n = round(n₀n₁/(n₀+n₁)), as scipy. */
export function ks(
  reference: readonly number[],
  current: readonly number[],
  mode: 'exact' | 'asymptotic' = 'exact',
): Ks {
  const [m, n] = [reference.length, current.length];
  const bound = statistic(reference, current);
  const d = bound / (m * n);
  const p =
    mode === 'exact'
      ? pathShare(m, n, bound)
      : kolmogorovUpper(Math.max(1, roundHalfEven((m * n) / (m + n))), d);
  return { d, p };
}
