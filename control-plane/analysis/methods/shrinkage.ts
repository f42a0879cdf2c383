import { normalUpperQuantile } from '../numeric/normal.ts';
import { at, sum, sumOf } from '../numeric/sum.ts';
import { metaAnalysis } from './meta-analysis.ts';

export interface Prior {
  readonly mean: number;
  /** Variance of the true effects between experiments or segments, ≥ 0. */
  readonly variance: number;
}

/** Of the effects' own spread beyond their errors (DerSimonian & Laird 1986, cut at 0); two effects or more. */
export function priorOf(effects: readonly number[], variances: readonly number[]): Prior {
  const { tau2 } = metaAnalysis(effects, variances);
  const between = Math.max(0, tau2);
  const weights = variances.map((v) => 1 / (v + between));
  const total = sum(weights);
  return { mean: sumOf(effects.length, (i) => at(weights, i) * at(effects, i)) / total, variance: between };
}

export interface Shrunk {
  readonly effect: number;
  readonly se: number;
  readonly lower: number;
  readonly upper: number;
  /** Share of the raw effect's distance from the prior mean that is kept, in [0, 1]. */
  readonly kept: number;
}

/**
 * Posterior of one effect under a normal prior (empirical Bayes: Morris, JASA 78 (1983)). Choosing the largest of many effects
 * leaves it unbiased where the prior holds, which the raw estimate is not: the winner's curse (Efron, "Tweedie's formula and
 * selection bias", JASA 106 (2011)).
 */
export function shrink(effect: number, variance: number, prior: Prior, alpha = 0.05): Shrunk {
  const kept = prior.variance === 0 ? 0 : prior.variance / (prior.variance + variance);
  const centre = prior.mean + kept * (effect - prior.mean);
  const se = Math.sqrt(kept * variance);
  const half = normalUpperQuantile(alpha / 2) * se;
  return { effect: centre, se, lower: centre - half, upper: centre + half, kept };
}
