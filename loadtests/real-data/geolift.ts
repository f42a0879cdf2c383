import { conformalTest } from '@assay/analysis/methods/conformal-test';
import { gaps, outcomeWeights } from '@assay/analysis/methods/synthetic-control';
import { smallestDetectableEffect } from '@assay/analysis/methods/synthetic-control-checks';
import { prng } from '@assay/domain/prng';
import { groups, rows } from './csv.ts';

const PRE = 90;
const TREATED = ['chicago', 'portland'];

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const centred = (row: readonly number[], periods: number): number[] => {
  const level = mean(row.slice(0, periods));
  return row.map((x) => x - level);
};

/** Share of 5,000 drawn permutations of the residuals (fit on all days) whose post-days are as large: the walkthrough's p. */
function permutationP(residuals: readonly number[], seed: number): number {
  const random = prng(`geolift/${seed}`);
  const post = residuals.length - PRE;
  const size = residuals.map(Math.abs);
  const observed = size.slice(PRE).reduce((a, b) => a + b, 0);
  let extreme = 0;
  for (let draw = 0; draw < 5000; draw++) {
    let total = 0;
    for (let i = 0; i < post; i++) {
      const j = i + random.int(size.length - i);
      [size[i], size[j]] = [size[j] as number, size[i] as number];
      total += size[i] as number;
    }
    if (total >= observed - 1e-9) extreme += 1;
  }
  return extreme / 5000;
}

/** GeoLift's example: unit effects taken off, the mean of the two cities from the other 38. */
export function geolift(seed: number) {
  const cities = [...groups(rows('experiment-geolift/geo_daily.csv.gz'), (r) => r.location ?? '')].map(
    ([city, group]) => ({
      city,
      units: group.sort((a, b) => (String(a.date) < String(b.date) ? -1 : 1)).map((r) => Number(r.units)),
    }),
  );
  const treatedRows = cities.filter(({ city }) => TREATED.includes(city)).map(({ units }) => units);
  const donors = cities.filter(({ city }) => !TREATED.includes(city));
  const treated = (treatedRows[0] ?? []).map((_, t) => mean(treatedRows.map((row) => row[t] as number)));
  const panel = (periods: number) => ({
    treated: centred(treated, periods),
    donors: donors.map(({ units }) => centred(units, periods)),
  });
  const before = panel(PRE);
  const weights = outcomeWeights(before.treated, before.donors, PRE);
  const effects = gaps(before.treated, before.donors, weights).slice(PRE);
  const all = panel(treated.length);
  const residuals = gaps(all.treated, all.donors, outcomeWeights(all.treated, all.donors, treated.length));
  const att = mean(effects);
  const expected = mean(treated.slice(PRE)) - att;
  return {
    att,
    lift: att / expected,
    incremental: att * TREATED.length * effects.length,
    pPermutation: permutationP(residuals, seed),
    pMovingBlock: conformalTest(all.treated, all.donors, PRE).p,
    detectable: smallestDetectableEffect({ ...before, prePeriods: PRE }, { postPeriods: 15 }).effect,
    weights: donors
      .map(({ city }, i) => ({ city, weight: weights[i] as number }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, 6),
  };
}
