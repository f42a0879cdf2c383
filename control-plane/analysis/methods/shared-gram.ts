import { gram, type Matrix, transpose } from '../numeric/linear.ts';
import { simplexWeights } from '../numeric/simplex-qp.ts';
import { at, mean, rowAt } from '../numeric/sum.ts';

/** Donor weights of one unit out of many whose Gram matrix is shared. */
export type WeightsOf = (unit: number, donors: readonly number[]) => number[];

/**
 * Outcome weights (synthetic-control.ts) for many units with donors from one pool, as placebos are: differences to the unit
 * fitted, ⟨yⱼ − yᵢ, yₗ − yᵢ⟩ = Gⱼₗ − Gⱼᵢ − Gᵢₗ + Gᵢᵢ, come from one Gram matrix G, so that a fit costs the square of its
 * donors and not that times the periods. Each period's mean over units is taken off first: it cancels in differences, and what
 * is left is small, so that little is lost where they cancel.
 */
export function sharedWeights(outcomes: Matrix, periods: number): WeightsOf {
  const centred = transpose(
    Array.from({ length: periods }, (_, t) => {
      const column = outcomes.map((row) => at(row, t));
      const centre = mean(column);
      return column.map((y) => y - centre);
    }),
  );
  const g = gram(centred);
  return (unit, donors) => simplexWeights(differences(g, unit, donors));
}

function differences(g: Matrix, unit: number, donors: readonly number[]): number[][] {
  const own = rowAt(g, unit);
  return donors.map((j) => {
    const row = rowAt(g, j);
    const base = at(own, unit) - at(own, j);
    const result = new Array<number>(donors.length);
    for (let k = 0; k < donors.length; k++) {
      const l = at(donors, k);
      result[k] = at(row, l) - at(own, l) + base;
    }
    return result;
  });
}
