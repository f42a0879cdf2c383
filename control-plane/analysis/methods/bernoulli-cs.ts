import { logBeta } from '../numeric/gamma.ts';
import { findRoot } from '../numeric/root.ts';

/** ln E of the beta mixture against a success probability q in (0, 1). */
export function bernoulliLogE(
  successes: number,
  n: number,
  q: number,
  [a, b]: readonly [number, number],
): number {
  const failures = n - successes;
  return (
    logBeta(a + successes, b + failures) -
    logBeta(a, b) -
    (successes === 0 ? 0 : successes * Math.log(q)) -
    (failures === 0 ? 0 : failures * Math.log1p(-q))
  );
}

/** All q whose beta-mixture E-value stays below 1/alpha (Ville; Howard et al. 2021, section 4.3): convex around x/n. */
export function bernoulliCs(
  successes: number,
  n: number,
  { prior, alpha = 0.05 }: { prior: readonly [number, number]; alpha?: number },
): { lower: number; upper: number } {
  const [a, b] = prior;
  const failures = n - successes;
  const level = logBeta(a + successes, b + failures) - logBeta(a, b) + Math.log(alpha);
  // Along ln q below x/n and along ln(1 − q) above it, so that limits near 0 and 1 keep their digits.
  const excess = (q: number, rest: number): number =>
    level -
    (successes === 0 ? 0 : successes * Math.log(q)) -
    (failures === 0 ? 0 : failures * Math.log(rest));
  const low = (s: number): number => excess(Math.exp(s), -Math.expm1(s));
  const high = (s: number): number => excess(-Math.expm1(s), Math.exp(s));
  return {
    lower: successes === 0 ? 0 : Math.exp(findRoot(low, -740, Math.min(-1e-16, Math.log(successes / n)))),
    upper: failures === 0 ? 1 : -Math.expm1(findRoot(high, -740, Math.min(-1e-16, Math.log(failures / n)))),
  };
}
