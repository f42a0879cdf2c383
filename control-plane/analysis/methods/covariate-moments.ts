import { choleskyAppend, choleskySolve, type Matrix } from '../numeric/linear.ts';
import { at, covariance, mean, rowAt, variance } from '../numeric/sum.ts';

/** Sufficient statistics of one arm's outcome and k covariates; denominators n − 1. */
export interface CovariateMoments {
  readonly n: number;
  readonly meanY: number;
  readonly varianceY: number;
  readonly meanX: readonly number[];
  /** k numbers: each covariate with the outcome. */
  readonly covarianceXY: readonly number[];
  /** [k × k] */
  readonly covarianceX: Matrix;
}

/** Rows of `x` are units, columns covariates. */
export function covariateMoments(y: readonly number[], x: readonly (readonly number[])[]): CovariateMoments {
  const columns = rowAt(x, 0).map((_, j) => x.map((row) => at(row, j)));
  const meanX = columns.map(mean);
  const meanY = mean(y);
  return {
    n: y.length,
    meanY,
    varianceY: variance(y, meanY),
    meanX,
    covarianceXY: columns.map((column, j) => covariance(column, y, at(meanX, j), meanY)),
    covarianceX: columns.map((a, i) => columns.map((b, j) => covariance(a, b, at(meanX, i), at(meanX, j)))),
  };
}

/** Both arms, days or segments put together (Chan, Golub & LeVeque 1979). */
export function mergeMoments(a: CovariateMoments, b: CovariateMoments): CovariateMoments {
  const n = a.n + b.n;
  const between = (a.n * b.n) / n;
  const dx = b.meanX.map((m, j) => m - at(a.meanX, j));
  const dy = b.meanY - a.meanY;
  const merged = (u: number, v: number, cross: number): number =>
    ((a.n - 1) * u + (b.n - 1) * v + between * cross) / (n - 1);
  const centre = (u: number, v: number): number => u + ((v - u) * b.n) / n;
  return {
    n,
    meanY: centre(a.meanY, b.meanY),
    varianceY: merged(a.varianceY, b.varianceY, dy * dy),
    meanX: a.meanX.map((m, j) => centre(m, at(b.meanX, j))),
    covarianceXY: dx.map((d, j) => merged(at(a.covarianceXY, j), at(b.covarianceXY, j), d * dy)),
    covarianceX: dx.map((d, i) =>
      dx.map((e, j) => merged(at(rowAt(a.covarianceX, i), j), at(rowAt(b.covarianceX, i), j), d * e)),
    ),
  };
}

/** Share of a covariate's variance that the ones before it leave; less counts as none. */
const LEAST_LEFT = 1e-10;

const correlations = ({ covarianceX }: CovariateMoments): number[][] =>
  covarianceX.map((row, i) => row.map((c, j) => c / Math.sqrt(at(row, i) * at(rowAt(covarianceX, j), j))));

/** First covariate that does not vary or is a combination of those before it, or null. */
export function collinear(moments: CovariateMoments): number | null {
  const lower: number[][] = [];
  for (const [j, row] of correlations(moments).entries()) {
    if (!(at(rowAt(moments.covarianceX, j), j) > 0)) return j;
    if (!choleskyAppend(lower, row) || at(rowAt(lower, j), j) ** 2 < LEAST_LEFT) return j;
  }
  return null;
}

/** Solves with the covariates' covariance matrix, by way of their correlations: units of measure change nothing. */
export class CovariateSolver {
  private readonly lower: number[][] = [];
  private readonly scale: readonly number[];

  /** The covariates are not collinear. */
  constructor(moments: CovariateMoments) {
    this.scale = moments.covarianceX.map((row, j) => Math.sqrt(at(row, j)));
    for (const row of correlations(moments)) choleskyAppend(this.lower, row);
  }

  solve(b: readonly number[]): number[] {
    const scaled = choleskySolve(
      this.lower,
      b.map((v, j) => v / at(this.scale, j)),
    );
    return scaled.map((v, j) => v / at(this.scale, j));
  }
}
