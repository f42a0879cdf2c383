import { at, mean, sum } from '../numeric/sum.ts';
import type { Alternative } from './mean-difference.ts';

export const MAX_SPLITS = 1e7;

export function splits(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) value = (value * (n - i + 1)) / i;
  return Math.round(value);
}

/** Calls `visit` with the sum of every choice of k of the values, in lexicographic order. */
function everySum(values: readonly number[], k: number, visit: (total: number) => void): void {
  const choose = (from: number, left: number, total: number): void => {
    if (left === 0) {
      visit(total);
      return;
    }
    for (let i = from; i <= values.length - left; i++) choose(i + 1, left - 1, total + at(values, i));
  };
  choose(0, k, 0);
}

/** Difference of means over all splits of the pooled values, the observed one counted; two-sided by absolute value. */
export function permutationTest(
  control: readonly number[],
  treatment: readonly number[],
  alternative: Alternative = 'two-sided',
): { effect: number; p: number; assignments: number } {
  const pooled = [...control, ...treatment];
  const total = sum(pooled);
  const [n0, n1] = [control.length, treatment.length];
  const effect = mean(treatment) - mean(control);
  const size = { 'two-sided': Math.abs, greater: (d: number) => d, less: (d: number) => -d }[alternative];
  // Equal differences that differ in their last bits are ties.
  const least = size(effect) - 1e-12 * Math.max(...pooled.map(Math.abs), 1e-300);
  let [extreme, assignments] = [0, 0];
  everySum(pooled, n1, (s) => {
    assignments += 1;
    if (size(s / n1 - (total - s) / n0) >= least) extreme += 1;
  });
  return { effect, p: extreme / assignments, assignments };
}
