import { at } from '../numeric/sum.ts';
import { gaps, outcomeWeights } from './synthetic-control.ts';

/**
 * p of "the effect in every post-period is `effect`" (Chernozhukov, Wüthrich & Zhu, JASA 2021, moving blocks): the synthetic
 * control is fitted on all periods under the null and the residuals' cyclic shifts are its reference.
 */
export function conformalTest(
  treated: readonly number[],
  donors: readonly (readonly number[])[],
  prePeriods: number,
  effect = 0,
): { p: number } {
  const adjusted = treated.map((y, t) => (t < prePeriods ? y : y - effect));
  const periods = adjusted.length;
  const size = gaps(adjusted, donors, outcomeWeights(adjusted, donors, periods)).map(Math.abs);
  const statistic = (shift: number): number => {
    let total = 0;
    for (let t = prePeriods; t < periods; t++) total += at(size, (t + shift) % periods);
    return total;
  };
  const observed = statistic(0);
  let extreme = 0;
  for (let shift = 0; shift < periods; shift++) if (statistic(shift) >= observed - 1e-9) extreme += 1;
  return { p: extreme / periods };
}
