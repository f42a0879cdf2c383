import { chiSquareTest } from '@assay/analysis/methods/chi-square';
import { equivalence } from '@assay/analysis/methods/equivalence';
import { ks, ksWeighted } from '@assay/analysis/methods/ks';
import { multiplicity } from '@assay/analysis/methods/multiplicity';
import { srm } from '@assay/analysis/methods/srm';
import { normalTwoSided } from '@assay/analysis/numeric/normal';
import { Kll } from '@assay/analysis/sketches/kll';
import type { Prng } from '@assay/domain/prng';
import { heavy, type Law } from './laws.ts';
import { Running } from './running.ts';
import type { Scenario } from './scenario.ts';

const ALPHA = 0.05;

const rejected = (p: number): number[] => [Number(p <= ALPHA)];
const draw = (random: Prng, law: Law, n: number): number[] => Array.from({ length: n }, () => law(random, 0));

function sketched(random: Prng): number[] {
  const [a, b] = [Kll.of(draw(random, heavy, 3000)), Kll.of(draw(random, heavy, 3000))];
  return rejected(ksWeighted(a.weighted(), b.weighted(), a.rankError + b.rankError).p);
}

/** Counts of `n` rows over classes of unequal share. */
function classes(random: Prng, shares: readonly number[], n: number): number[] {
  const counts = shares.map(() => 0);
  for (let i = 0; i < n; i++) {
    let [k, u] = [0, random.next()];
    while (k < shares.length - 1 && u >= (shares[k] ?? 1)) {
      u -= shares[k] ?? 1;
      k += 1;
    }
    counts[k] = (counts[k] ?? 0) + 1;
  }
  return counts;
}

function apart(random: Prng): number[] {
  const [control, treatment] = [new Running(), new Running()];
  for (let i = 0; i < 150; i++) {
    control.add(random.normal());
    treatment.add(0.3 + random.normal());
  }
  return [Number(equivalence(control, treatment, { margin: 0.3, alpha: ALPHA }).equivalent)];
}

/** 20 metrics that share half of their variance, four of them moved: the share of the found that are false, or any false one. */
function metrics(procedure: 'holm' | 'benjamini-hochberg'): Scenario['run'] {
  return (random) => {
    const shared = random.normal();
    const p = Array.from({ length: 20 }, (_, i) =>
      normalTwoSided((i < 4 ? 3 : 0) + Math.SQRT1_2 * (shared + random.normal())),
    );
    const found = multiplicity(p, { procedure, alpha: ALPHA }).rejected;
    const [all, wrong] = [found.filter(Boolean).length, found.slice(4).filter(Boolean).length];
    return [procedure === 'holm' ? Number(wrong > 0) : wrong / Math.max(1, all)];
  };
}

const SHARES = [0.4, 0.3, 0.15, 0.1, 0.05];

const of = (method: string, id: string, data: string, atMost: number, run: Scenario['run']): Scenario => ({
  ...{ id: `found-nothing/${method}/${id}`, table: 'tests', method, data, stated: { atMost }, run },
});

export const FOUND_NOTHING: readonly Scenario[] = [
  of('ks', 'exact', '40 and 60 log-normal values, exact', ALPHA, (random) =>
    rejected(ks(draw(random, heavy, 40), draw(random, heavy, 60)).p),
  ),
  of('ks', 'asymptotic', '400 and 600 log-normal values, asymptotic', ALPHA, (random) =>
    rejected(ks(draw(random, heavy, 400), draw(random, heavy, 600), 'asymptotic').p),
  ),
  of('ks', 'sketches', 'sketches of 3,000 values each', ALPHA, sketched),
  of('chi-square', 'classes', '300 and 500 rows over 5 classes', 0.055, (random) =>
    rejected(chiSquareTest(classes(random, SHARES, 300), classes(random, SHARES, 500)).p),
  ),
  of('srm', 'shares', '2,000 units at 40 : 30 : 15 : 10 : 5', 0.055, (random) =>
    rejected(srm(classes(random, SHARES, 2000), SHARES).p),
  ),
  of('equivalence', 'margin', 'apart by just the margin, 150 an arm: falsely equivalent', ALPHA, apart),
  of('multiplicity', 'holm', '20 correlated metrics, 4 moved: any false one by Holm', ALPHA, metrics('holm')),
  of(
    'multiplicity',
    'benjamini-hochberg',
    'the same: false share of the found by Benjamini-Hochberg',
    ALPHA,
    metrics('benjamini-hochberg'),
  ),
];
