import { findRoot } from '../numeric/root.ts';
import { at, mean } from '../numeric/sum.ts';
import { predictableBets } from './bounded-mean-cs.ts';

/** Most of the capital that one row may lose, as a share of it. */
const MOST_LOST = 0.5;

const grown = (x: number, bet: number, m: number): number =>
  Math.log1p(Math.min(bet, MOST_LOST / m) * (x - m));

/**
 * ln of the capital ∏(1 + min(λ, ½/m)(x − m)) after each term ≥ 0: a supermartingale if the mean, given the past, is at most m,
 * whatever bound the terms have. The limit at alpha passes m when it reaches ln(1/alpha).
 */
export function policyLogCapital(terms: readonly number[], m: number, alpha: number): number[] {
  const all = predictableBets(terms, alpha);
  let log = 0;
  return terms.map((x, i) => {
    log += grown(x, at(all, i), m);
    return log;
  });
}

/** Least mean in [0, 1] that the first `n` terms do not reject at alpha: the capital falls with it. */
function lowerLimit(terms: readonly number[], all: readonly number[], alpha: number, n: number): number {
  const excess = (m: number): number => {
    let log = Math.log(alpha);
    for (let i = 0; i < n; i++) log += grown(at(terms, i), at(all, i), m);
    return log;
  };
  if (excess(1e-12) < 0) return 0;
  return excess(1) > 0 ? 1 : findRoot(excess, 1e-12, 1);
}

/**
 * Confidence sequence of a policy's value from adaptively collected data (Waudby-Smith, Wu, Ramdas, Karampatziakis & Mineiro,
 * "Anytime-valid off-policy inference for contextual bandits" (2022), with the betting capital of Waudby-Smith & Ramdas): rewards in
 * [low, high], weights target/propensity ≥ 0 of any size, each propensity fixed before its action was drawn. The lower limit runs on
 * w·r, the upper one on w·(1 − r), each at alpha/2; valid at every row at once.
 */
export function offPolicyCs(
  reward: readonly number[],
  weights: readonly number[],
  {
    range: [low, high],
    alpha = 0.05,
    at: after,
  }: { range: readonly [number, number]; alpha?: number; at: readonly number[] },
): { estimate: number[]; lower: number[]; upper: number[] } {
  const width = high - low;
  const unit = reward.map((r) => (r - low) / width);
  const side = (terms: readonly number[]): number[] => {
    const all = predictableBets(terms, alpha / 2);
    return after.map((n) => lowerLimit(terms, all, alpha / 2, n));
  };
  const gains = unit.map((r, i) => at(weights, i) * r);
  const estimate = after.map((n) => low + width * mean(gains.slice(0, n)));
  const lower = side(gains).map((x) => low + width * x);
  const upper = side(unit.map((r, i) => at(weights, i) * (1 - r))).map((x) => high - width * x);
  return { estimate, lower, upper };
}
