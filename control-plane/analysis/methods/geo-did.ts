import { at, mean, sum, variance } from '../numeric/sum.ts';
import { tEstimate } from './mean-difference.ts';

/** More pairs than this are not enumerated. */
export const MAX_PAIRS = 22;

/** Matched pairs of regions: difference in differences per pair, sign-flip test, one-sample t. Rows are pairs, columns periods. */
export function geoDid(
  control: readonly (readonly number[])[],
  treatment: readonly (readonly number[])[],
  prePeriods: number,
  alpha = 0.05,
) {
  const change = (row: readonly number[]): number =>
    mean(row.slice(prePeriods)) - mean(row.slice(0, prePeriods));
  const pairEffects = treatment.map((row, i) => change(row) - change(control[i] as readonly number[]));
  const pairs = pairEffects.length;
  const effect = mean(pairEffects);
  const se = Math.sqrt(variance(pairEffects) / pairs);
  const { p: tP, lower, upper } = tEstimate({ effect, se, df: pairs - 1 }, alpha);
  const assignments = 2 ** pairs;
  const observed = Math.abs(sum(pairEffects));
  const least = observed - 1e-12 * sum(pairEffects.map(Math.abs));
  let extreme = 0;
  for (let signs = 0; signs < assignments; signs++) {
    let total = 0;
    for (let i = 0; i < pairs; i++) total += (signs >> i) & 1 ? -at(pairEffects, i) : at(pairEffects, i);
    if (Math.abs(total) >= least) extreme += 1;
  }
  return { effect, pairEffects, p: extreme / assignments, se, tP, lower, upper, assignments };
}
