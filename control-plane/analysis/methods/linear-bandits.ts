import { dot, inverse, type Matrix, multiply, transpose } from '../numeric/linear.ts';
import { at, rowAt } from '../numeric/sum.ts';

const invert = (m: Matrix): Matrix => inverse(m) ?? m.map((row) => row.map(() => Number.NaN));

/** scale·XᵀX + ridge·I of rows x. */
function information(x: Matrix, features: number, ridge: number, scale = 1): number[][] {
  return Array.from({ length: features }, (_, i) =>
    Array.from({ length: features }, (__, j) => {
      const product = x.reduce((total, row) => total + at(row, i) * at(row, j), 0);
      return scale * product + (i === j ? ridge : 0);
    }),
  );
}

export interface BayesLinearInput {
  readonly x: Matrix;
  readonly y: readonly number[];
  readonly priorPrecision: number;
  readonly noisePrecision: number;
  readonly probe: Matrix;
}

/** Bayesian linear regression without intercept (Bishop, PRML, eq. 3.53 to 3.59). */
export function bayesLinear({ x, y, priorPrecision, noisePrecision, probe }: BayesLinearInput) {
  const covariance = invert(information(x, rowAt(x, 0).length, priorPrecision, noisePrecision));
  const moment = transpose(x).map((column) => noisePrecision * dot(column, y));
  const coefficients = multiply(covariance, moment);
  return {
    coefficients,
    predictiveMean: probe.map((p) => dot(p, coefficients)),
    predictiveSd: probe.map((p) => Math.sqrt(1 / noisePrecision + dot(p, multiply(covariance, p)))),
  };
}

export interface LinUcbInput {
  readonly x: Matrix;
  readonly action: readonly number[];
  readonly reward: readonly number[];
  readonly arms: number;
  readonly width: number;
  readonly probe: readonly number[];
}

/** Disjoint LinUCB (Li, Chu, Langford & Schapire, WWW 2010, algorithm 1). */
export function linUcb({ x, action, reward, arms, width, probe }: LinUcbInput) {
  const perArm = Array.from({ length: arms }, (_, arm) => {
    const rows = action.flatMap((a, i) => (a === arm ? [i] : []));
    const own = rows.map((i) => rowAt(x, i));
    const covariance = invert(information(own, probe.length, 1));
    const moment = probe.map((_, j) =>
      rows.reduce((total, i) => total + at(rowAt(x, i), j) * at(reward, i), 0),
    );
    const theta = multiply(covariance, moment);
    return { theta, score: dot(probe, theta) + width * Math.sqrt(dot(probe, multiply(covariance, probe))) };
  });
  const score = perArm.map((arm) => arm.score);
  return { theta: perArm.map((arm) => arm.theta), score, choice: score.indexOf(Math.max(...score)) };
}
