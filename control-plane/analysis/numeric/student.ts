import { betaTails } from './beta.ts';
import { logBeta } from './gamma.ts';
import { normalUpper, normalUpperQuantile } from './normal.ts';
import { expandUntil, findRoot } from './root.ts';

/** Beyond this many degrees of freedom t and normal differ by less than 1e-14 relative for |t| < 10. */
const NORMAL_FROM = 1e17;

/** Beyond t = FAR·√df the incomplete beta is its leading term, and t² might overflow. */
const FAR = 1e9;

/** P(T ≥ t), as a tail. */
export function tUpper(t: number, df: number): number {
  if (t < 0) return 1 - tUpper(-t, df);
  if (t === 0) return 0.5;
  if (t === Infinity) return 0;
  if (df > NORMAL_FROM) return normalUpper(t);
  const ratio = t / Math.sqrt(df);
  if (ratio > FAR) return 0.5 * Math.exp(-df * Math.log(ratio) - Math.log(df / 2) - logBeta(df / 2, 0.5));
  const square = t * t;
  return 0.5 * betaTails(df / 2, 0.5, df / (df + square), square / (df + square)).lower;
}

export const tTwoSided = (t: number, df: number): number => 2 * tUpper(Math.abs(t), df);

/** t with P(T ≥ t) = p. */
export function tUpperQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -tUpperQuantile(1 - p, df);
  if (df > NORMAL_FROM) return normalUpperQuantile(p);
  const target = Math.log(p);
  const excess = (t: number): number => Math.log(tUpper(t, df)) - target;
  const z = normalUpperQuantile(p);
  // t's tail is heavier than the normal's, so the normal quantile is a lower bound.
  const low = z * 0.999;
  return findRoot(
    excess,
    low,
    expandUntil(z * 1.5 + 1e-300, (t) => excess(t) < 0),
  );
}
