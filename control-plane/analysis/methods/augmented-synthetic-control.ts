import { cholesky, choleskySolve, dot, gram, type Matrix, multiply, transpose } from '../numeric/linear.ts';
import { at, mean } from '../numeric/sum.ts';
import { outcomeWeights, type SyntheticControl, withWeights } from './synthetic-control.ts';

/** Z(ZᵀZ + λI)⁻¹r, rows of z are donors: solved on the smaller side; λ = 0 of a singular system takes its limit. */
function ridgeFit(z: Matrix, residual: readonly number[], lambda: number): number[] {
  const byPeriod = transpose(z);
  const wide = z.length > byPeriod.length;
  const square = gram(wide ? byPeriod : z);
  const jitter = 1e-10 * Math.max(...square.map((row, i) => at(row, i)), 1e-300);
  const solve = (ridge: number, right: readonly number[]): number[] | null => {
    const lower = cholesky(square.map((row, i) => row.map((x, j) => (i === j ? x + ridge : x))));
    return lower && choleskySolve(lower, right);
  };
  const right = wide ? residual : z.map((row) => dot(row, residual));
  const solved = solve(lambda, right) ?? solve(lambda + jitter, right) ?? right.map(() => 0);
  return wide ? multiply(z, solved) : solved;
}

/** Ridge-augmented synthetic control (Ben-Michael, Feller & Rothstein, JASA 2021, lemma 1); weights may be negative. */
export function augmentedSyntheticControl(
  treated: readonly number[],
  donors: readonly (readonly number[])[],
  prePeriods: number,
  lambda: number,
): SyntheticControl {
  const base = outcomeWeights(treated, donors, prePeriods);
  const centre = Array.from({ length: prePeriods }, (_, t) => mean(donors.map((donor) => at(donor, t))));
  const z = donors.map((donor) => centre.map((c, t) => at(donor, t) - c));
  const residual = centre.map(
    (c, t) =>
      at(treated, t) -
      c -
      dot(
        base,
        z.map((row) => at(row, t)),
      ),
  );
  const correction = ridgeFit(z, residual, lambda);
  return withWeights(
    treated,
    donors,
    prePeriods,
    base.map((w, j) => w + at(correction, j)),
  );
}
