import type { Arm } from '../arm.ts';
import { covariance, mean, variance } from '../numeric/sum.ts';
import { meanDifference } from './mean-difference.ts';

/** Sufficient statistics of one arm's (outcome, covariate) pairs; the covariate is measured before exposure. */
export interface CovariateArm {
  readonly n: number;
  readonly meanY: number;
  readonly meanX: number;
  readonly varianceY: number;
  readonly varianceX: number;
  readonly covariance: number;
}

export function covariateArm(y: readonly number[], x: readonly number[]): CovariateArm {
  const [my, mx] = [mean(y), mean(x)];
  return {
    n: y.length,
    meanY: my,
    meanX: mx,
    varianceY: variance(y, my),
    varianceX: variance(x, mx),
    covariance: covariance(x, y, mx, my),
  };
}

export interface Cuped {
  readonly theta: number;
  readonly effect: number;
  readonly se: number;
  readonly df: number;
  readonly p: number;
  readonly lower: number | null;
  readonly upper: number | null;
  /** 1 − (se / se without the covariate)². */
  readonly varianceReduction: number;
}

/** θ of both arms put together, around the common mean (Chan, Golub & LeVeque's merge of moments). */
function pooledTheta(a: CovariateArm, b: CovariateArm): number {
  const between = (a.n * b.n) / (a.n + b.n);
  const dx = b.meanX - a.meanX;
  const cross = (a.n - 1) * a.covariance + (b.n - 1) * b.covariance + between * dx * (b.meanY - a.meanY);
  const square = (a.n - 1) * a.varianceX + (b.n - 1) * b.varianceX + between * dx * dx;
  return cross / square;
}

const adjusted = (arm: CovariateArm, theta: number): Arm => ({
  n: arm.n,
  mean: arm.meanY - theta * arm.meanX,
  variance: Math.max(0, arm.varianceY - 2 * theta * arm.covariance + theta * theta * arm.varianceX),
});

/** Both arms' outcomes less θ times the covariate; a covariate that does not vary takes nothing away. */
export function adjustedArms(control: CovariateArm, treatment: CovariateArm): readonly [Arm, Arm] {
  const theta = pooledTheta(control, treatment);
  const used = Number.isFinite(theta) ? theta : 0;
  return [adjusted(control, used), adjusted(treatment, used)];
}

/** CUPED (Deng, Xu, Kohavi & Walker, WSDM 2013): Welch on y − θx. The covariate varies. */
export function cuped(control: CovariateArm, treatment: CovariateArm, alpha = 0.05): Cuped {
  const theta = pooledTheta(control, treatment);
  const { effect, se, df, p, lower, upper } = meanDifference(
    adjusted(control, theta),
    adjusted(treatment, theta),
    { alpha },
  );
  const raw = control.varianceY / control.n + treatment.varianceY / treatment.n;
  return { theta, effect, se, df, p, lower, upper, varianceReduction: 1 - (se * se) / raw };
}
