import { gram } from '../numeric/linear.ts';
import { simplexWeights } from '../numeric/simplex-qp.ts';
import { at, mean, sumOf } from '../numeric/sum.ts';

export interface SyntheticControl {
  readonly weights: number[];
  readonly preRmse: number;
  readonly att: number;
  /** Treated minus synthetic in each post-period. */
  readonly effects: number[];
}

/** Donor weights on the simplex that fit `treated` best over the periods [0, periods). */
export function outcomeWeights(
  treated: readonly number[],
  donors: readonly (readonly number[])[],
  periods: number,
): number[] {
  return simplexWeights(
    gram(donors.map((donor) => Array.from({ length: periods }, (_, t) => at(donor, t) - at(treated, t)))),
  );
}

/** Treated minus weighted donors, by period. */
export function gaps(
  treated: readonly number[],
  donors: readonly (readonly number[])[],
  weights: readonly number[],
): number[] {
  return treated.map(
    (y, t) => y - sumOf(donors.length, (j) => at(weights, j) * at(donors[j] as readonly number[], t)),
  );
}

export const rms = (values: readonly number[]): number => Math.sqrt(mean(values.map((x) => x * x)));

/** What weights say: fit before, effect after. */
export function withWeights(
  treated: readonly number[],
  donors: readonly (readonly number[])[],
  prePeriods: number,
  weights: number[],
): SyntheticControl {
  const gap = gaps(treated, donors, weights);
  const effects = gap.slice(prePeriods);
  return { weights, preRmse: rms(gap.slice(0, prePeriods)), att: mean(effects), effects };
}

/** Outcomes-only synthetic control (Abadie, Diamond & Hainmueller, JASA 2010, with all pre-period outcomes as predictors). */
export function syntheticControl(
  treated: readonly number[],
  donors: readonly (readonly number[])[],
  prePeriods: number,
): SyntheticControl {
  return withWeights(treated, donors, prePeriods, outcomeWeights(treated, donors, prePeriods));
}
