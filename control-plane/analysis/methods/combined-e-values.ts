import { at, logSumExp } from '../numeric/sum.ts';

/**
 * ln of one e-value for several at one look, of a null that holds for all of them. `dependent` (metrics of the same units): their
 * mean, an e-value whatever the dependence (Vovk & Wang, "E-values: calibration, combination and applications", Annals of
 * Statistics 49 (2021), prop. 3.1). `independent` (disjoint units, or looks each made of new units alone): their product.
 */
export function combinedLogE(logE: readonly number[], kind: 'dependent' | 'independent'): number {
  if (kind === 'dependent') return logSumExp(logE) - Math.log(logE.length);
  return logE.reduce((total, each) => total + each, 0);
}

/**
 * Which of several hypotheses are rejected with a false discovery rate ≤ alpha, at any look and under any dependence: the k
 * largest with E ≥ K/(k·alpha) (Wang & Ramdas, "False discovery rate control with e-values", JRSS B 84 (2022), theorem 5.1).
 * Give each e-value as it is at this look, not its greatest so far: the maximum over looks is no e-value.
 */
export function eBenjaminiHochberg(logE: readonly number[], alpha = 0.05): boolean[] {
  const order = logE.map((_, i) => i).sort((a, b) => at(logE, b) - at(logE, a));
  let kept = 0;
  for (const [i, j] of order.entries())
    if (at(logE, j) >= Math.log(logE.length / ((i + 1) * alpha))) kept = i + 1;
  const rejected = logE.map(() => false);
  for (const j of order.slice(0, kept)) rejected[j] = true;
  return rejected;
}
