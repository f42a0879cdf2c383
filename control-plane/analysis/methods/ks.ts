import { kolmogorovUpper } from '../numeric/kolmogorov.ts';
import { at, sum } from '../numeric/sum.ts';

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

/** A sample in which each value stands for `weights` rows, as a quantile sketch keeps it. */
export interface WeightedSample {
  readonly values: readonly number[];
  readonly weights: readonly number[];
}

/** Greatest difference of two distribution functions. */
function weightedDistance(reference: WeightedSample, current: WeightedSample): number {
  const steps = ({ values, weights }: WeightedSample, sign: number) => {
    const total = sum(weights);
    return values.map((x, i) => ({ x, step: (sign * at(weights, i)) / total }));
  };
  const all = [...steps(reference, 1), ...steps(current, -1)].sort((a, b) => a.x - b.x);
  let [gap, greatest] = [0, 0];
  for (const [i, { x, step }] of all.entries()) {
    gap += step;
    if (all[i + 1]?.x !== x) greatest = Math.max(greatest, Math.abs(gap));
  }
  return greatest;
}

/**
 * The asymptotic test on weighted samples. `rankError` is how far both sketches' ranks may be off together: p is of the distance less
 * that much, so that the sketches' error finds no drift where there is none.
 */
export function ksWeighted(reference: WeightedSample, current: WeightedSample, rankError = 0): Ks {
  const d = weightedDistance(reference, current);
  const [m, n] = [sum(reference.weights), sum(current.weights)];
  const size = Math.max(1, roundHalfEven((m * n) / (m + n)));
  return { d, p: kolmogorovUpper(size, Math.max(0, d - rankError)) };
}
