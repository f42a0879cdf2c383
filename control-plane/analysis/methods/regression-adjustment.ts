import { differenceVariance } from '../arm.ts';
import { dot, multiply } from '../numeric/linear.ts';
import { at, rowAt, sum, sumOf } from '../numeric/sum.ts';
import {
  type CovariateMoments,
  CovariateSolver,
  covariateMoments,
  mergeMoments,
} from './covariate-moments.ts';
import { type Estimate, tEstimate } from './mean-difference.ts';

export const INFERENCES = ['superpopulation', 'finite-population'] as const;

export interface AdjustmentOptions {
  readonly alpha?: number;
  /** `finite-population`: these very units (Lin 2013); `superpopulation` adds the variance of their covariates' mean. */
  readonly inference?: (typeof INFERENCES)[number];
}

export interface Adjusted extends Estimate {
  readonly coefficientsControl: readonly number[];
  readonly coefficientsTreatment: readonly number[];
  /** Difference of means, not adjusted. */
  readonly rawEffect: number;
  /** 1 − (se / se of Welch)². */
  readonly varianceReduction: number;
}

/** Rows of one arm: k covariates a unit. */
export interface CovariateRows {
  readonly y: readonly number[];
  readonly x: readonly (readonly number[])[];
}

interface Fit {
  readonly moments: CovariateMoments;
  readonly coefficients: readonly number[];
  /** Where the arm is predicted, less its own covariates' mean. */
  readonly shift: readonly number[];
  readonly solver: CovariateSolver;
}

const less = (a: readonly number[], b: readonly number[]): number[] => a.map((v, j) => v - at(b, j));

function fit(moments: CovariateMoments, centre: readonly number[]): Fit {
  const solver = new CovariateSolver(moments);
  const coefficients = solver.solve(moments.covarianceXY);
  return { moments, coefficients, shift: less(centre, moments.meanX), solver };
}

const residualDf = ({ moments }: Fit): number => moments.n - moments.meanX.length - 1;

const unexplained = (moments: CovariateMoments, coefficients: readonly number[]): number =>
  Math.max(0, moments.varianceY - dot(coefficients, moments.covarianceXY));

/** Whether the covariates leave nothing of the outcome: then it has no error. The arm's covariates are not collinear. */
export const isExplained = (moments: CovariateMoments): boolean =>
  unexplained(moments, new CovariateSolver(moments).solve(moments.covarianceXY)) <= 1e-13 * moments.varianceY;

/** Variance of the arm's prediction at the common mean, its errors of one variance. */
function analyticVariance(f: Fit): number {
  const { moments, coefficients, shift, solver } = f;
  const n = moments.n;
  const squares = (n - 1) * unexplained(moments, coefficients);
  return (squares / residualDf(f)) * (1 / n + dot(shift, solver.solve(shift)) / (n - 1));
}

/** The same with HC2 (MacKinnon & White 1985): errors of any variance, each divided by 1 − its leverage. */
function hc2Variance({ moments, coefficients, shift, solver }: Fit, { y, x }: CovariateRows): number {
  const { n, meanX, meanY } = moments;
  const pull = solver.solve(shift);
  return sumOf(n, (i) => {
    const d = less(rowAt(x, i), meanX);
    const leverage = 1 / n + dot(d, solver.solve(d)) / (n - 1);
    const weight = 1 / n + dot(d, pull) / (n - 1);
    const error = at(y, i) - meanY - dot(coefficients, d);
    // A unit of leverage 1 has no error of its own.
    return leverage < 1 - 1e-12 ? (weight * error) ** 2 / (1 - leverage) : 0;
  });
}

function adjusted(
  [control, treatment]: readonly [CovariateMoments, CovariateMoments],
  varianceOf: (fit: Fit, arm: 0 | 1) => number,
  { alpha = 0.05, inference = 'superpopulation' }: AdjustmentOptions,
): Adjusted {
  const all = mergeMoments(control, treatment);
  const fits = [fit(control, all.meanX), fit(treatment, all.meanX)] as const;
  const [c, t] = fits;
  const level = ({ moments, coefficients, shift }: Fit): number => moments.meanY + dot(coefficients, shift);
  const between = less(t.coefficients, c.coefficients);
  const moving =
    inference === 'finite-population' ? 0 : dot(between, multiply(all.covarianceX, between)) / all.n;
  const parts = [
    { variance: varianceOf(c, 0), df: residualDf(c) },
    { variance: varianceOf(t, 1), df: residualDf(t) },
    { variance: moving, df: all.n - 1 },
  ];
  const variance = sum(parts.map((part) => part.variance));
  const df = variance ** 2 / sum(parts.map((part) => part.variance ** 2 / part.df));
  const raw = differenceVariance(
    { n: control.n, mean: control.meanY, variance: control.varianceY },
    { n: treatment.n, mean: treatment.meanY, variance: treatment.varianceY },
  );
  return {
    ...tEstimate({ effect: level(t) - level(c), se: Math.sqrt(variance), df }, alpha),
    coefficientsControl: c.coefficients,
    coefficientsTreatment: t.coefficients,
    rawEffect: treatment.meanY - control.meanY,
    varianceReduction: 1 - variance / raw,
  };
}

/**
 * Regression with all interactions (Lin, Annals of Applied Statistics 7 (2013)): each arm's own least squares on k covariates from
 * before exposure, both predicted at the common mean; CUPED with several covariates. From moments, with the analytic variance.
 * Satterthwaite degrees of freedom. Each arm has more than k + 2 units and no collinear covariates.
 */
export function adjustedFromMoments(
  control: CovariateMoments,
  treatment: CovariateMoments,
  options: AdjustmentOptions = {},
): Adjusted {
  return adjusted([control, treatment], analyticVariance, options);
}

/** The same from rows, with HC2: what no moments up to the second know. */
export function adjustedFromRows(
  control: CovariateRows,
  treatment: CovariateRows,
  options: AdjustmentOptions = {},
): Adjusted {
  const rows = [control, treatment] as const;
  const moments = [
    covariateMoments(control.y, control.x),
    covariateMoments(treatment.y, treatment.x),
  ] as const;
  return adjusted(moments, (f, arm) => hc2Variance(f, rows[arm]), options);
}
