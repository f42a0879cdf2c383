import { nestedControl } from '@assay/analysis/methods/predictor-synthetic-control';
import { groups, rows } from './csv.ts';

const FROM = 1970;
const CHANGE = 1989;

interface State {
  readonly name: string;
  readonly packs: number[];
  readonly predictors: number[];
}

/** The predictors of 2010: means of income, price and young people over 1980-88, of beer over 1984-88, packs in 1975, 1980, 1988. */
function readStates(): State[] {
  return [...groups(rows('experiment-synthetic-control/prop99.csv.gz'), (r) => r.unit ?? '')].map(
    ([name, group]) => {
      const years = group.sort((a, b) => Number(a.year) - Number(b.year));
      const mean = (column: string, from: number, to: number): number => {
        const cells = years.filter((r) => Number(r.year) >= from && Number(r.year) <= to && r[column] !== '');
        return cells.reduce((total, r) => total + Number(r[column]), 0) / cells.length;
      };
      return {
        name,
        packs: years.map((r) => Number(r.packs_per_capita)),
        predictors: [
          mean('ln_income', 1980, 1988),
          mean('retail_price_cents', 1980, 1988),
          mean('share_age_15_24', 1980, 1988),
          mean('beer_gallons_per_capita', 1984, 1988),
          ...[1975, 1980, 1988].map((year) => mean('packs_per_capita', year, year)),
        ],
      };
    },
  );
}

export interface Search {
  readonly seed: string;
  readonly meanSquare: number;
  readonly weights: string;
  readonly nearTies: readonly string[];
}

/** The nested search over predictor weights from the starts that a seed draws. */
export function prop99(seed: string): Search {
  const states = readStates();
  const california = states.find(({ name }) => name === 'California') as State;
  const donors = states.filter(({ name }) => name !== 'California');
  const panel = { treated: california.packs, donors: donors.map((s) => s.packs), prePeriods: CHANGE - FROM };
  const predictors = { treated: california.predictors, donors: donors.map((s) => s.predictors) };
  const found = nestedControl(panel, predictors, seed);
  const named = (weights: readonly number[]): string =>
    weights
      .map((weight, i) => ({ weight, name: donors[i]?.name ?? '' }))
      .filter(({ weight }) => weight > 0.01)
      .sort((a, b) => b.weight - a.weight)
      .map(({ weight, name }) => `${name} ${weight.toFixed(3)}`)
      .join(', ');
  return {
    seed,
    meanSquare: found.preRmse ** 2,
    weights: named(found.weights),
    nearTies: found.nearTies.map((tie) => `${(tie.preRmse ** 2).toFixed(4)}: ${named(tie.weights)}`),
  };
}
