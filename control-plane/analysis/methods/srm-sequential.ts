import { logGamma } from '../numeric/gamma.ts';
import { at, sum, sumOf } from '../numeric/sum.ts';

export interface SrmSequential {
  readonly logE: number[];
  readonly p: number[];
  readonly reject: boolean;
}

/** p after each look: the least 1/E so far, at most 1. */
export function runningP(logE: readonly number[]): number[] {
  let best = 0;
  return logE.map((value) => {
    best = Math.max(best, value);
    return Math.exp(-best);
  });
}

/**
 * ln E of cumulative counts: Dirichlet(k·w) mixture against Multinomial(w) (Lindon & Malek, "Anytime-valid inference for
 * multinomial count data", NeurIPS 2022, eq. 7).
 */
export function multinomialLogE(
  totals: readonly number[],
  weights: readonly number[],
  concentration: number,
): number {
  const n = sum(totals);
  const terms = sumOf(totals.length, (i) => {
    const [x, w] = [at(totals, i), at(weights, i)];
    return logGamma(concentration * w + x) - logGamma(concentration * w) - x * Math.log(w);
  });
  return terms - (logGamma(concentration + n) - logGamma(concentration));
}

/** Sequential check of the sample ratio; `looks` are new units per arm at each look. */
export function srmSequential(
  looks: readonly (readonly number[])[],
  weights: readonly number[],
  { concentration = 100, alpha = 0.05 }: { concentration?: number; alpha?: number } = {},
): SrmSequential {
  const totals = weights.map(() => 0);
  const logE = looks.map((look) => {
    for (const [arm, added] of look.entries()) totals[arm] = at(totals, arm) + added;
    return multinomialLogE(totals, weights, concentration);
  });
  const p = runningP(logE);
  return { logE, p, reject: p.some((value) => value <= alpha) };
}
