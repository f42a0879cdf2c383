import { at, sum, sumOf } from '../numeric/sum.ts';

/**
 * Inverse-variance pooling; DerSimonian & Laird (1986) for the random effect. τ² is reported and used as the moment estimator
 * gives it, below 0 too, as statsmodels' combine_effects does: that is what the reference cases hold.
 */
export function metaAnalysis(effect: readonly number[], variance: readonly number[]) {
  const pooled = (weights: readonly number[]) => {
    const total = sum(weights);
    return { total, mean: sumOf(effect.length, (i) => at(weights, i) * at(effect, i)) / total };
  };
  const weights = variance.map((v) => 1 / v);
  const fixed = pooled(weights);
  const q = sumOf(effect.length, (i) => at(weights, i) * (at(effect, i) - fixed.mean) ** 2);
  const scale = fixed.total - sum(weights.map((w) => w * w)) / fixed.total;
  const tau2 = (q - (effect.length - 1)) / scale;
  const random = pooled(variance.map((v) => 1 / (v + tau2)));
  return {
    fixedEffect: fixed.mean,
    fixedSe: Math.sqrt(1 / fixed.total),
    randomEffect: random.mean,
    randomSe: Math.sqrt(1 / random.total),
    tau2,
    q,
  };
}
