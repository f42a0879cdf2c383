import { at, mean, sum } from '../numeric/sum.ts';
import { positions } from '../numeric/two-way.ts';
import { type Estimate, tEstimate } from './mean-difference.ts';

/** OLS of y on 1 and treated with CR1 errors by cluster; t with clusters − 1 degrees of freedom. */
export function clusterMeanDifference(
  rows: {
    readonly y: readonly number[];
    readonly treated: readonly number[];
    readonly cluster: readonly number[];
  },
  alpha = 0.05,
): Estimate & { clusters: number } {
  const { y, treated } = rows;
  const { of, distinct } = positions(rows.cluster);
  const share = mean(treated);
  const x = treated.map((d) => d - share);
  const xx = sum(x.map((v) => v * v));
  const effect = sum(x.map((v, i) => v * at(y, i))) / xx;
  const intercept = mean(y) - effect * share;
  const scores = new Array<number>(distinct.length).fill(0);
  for (const [i, v] of x.entries())
    scores[at(of, i)] = at(scores, at(of, i)) + v * (at(y, i) - intercept - effect * at(treated, i));
  const [g, n] = [distinct.length, y.length];
  const se = Math.sqrt((g / (g - 1)) * ((n - 1) / (n - 2)) * sum(scores.map((s) => s * s))) / xx;
  return { ...tEstimate({ effect, se, df: g - 1 }, alpha), clusters: g };
}
