import type { Arm } from '@assay/analysis/arm';
import type { CovariateArm } from '@assay/analysis/methods/cuped';
import type { RatioArm } from '@assay/analysis/methods/ratio-metric';

/** Welford's running mean and variance: a look costs what is new. */
export class Running implements Arm {
  n = 0;
  mean = 0;
  private squares = 0;

  add(x: number): void {
    this.n += 1;
    const d = x - this.mean;
    this.mean += d / this.n;
    this.squares += d * (x - this.mean);
  }

  get variance(): number {
    return this.n < 2 ? 0 : this.squares / (this.n - 1);
  }
}

/** Two values a unit with their covariance: (numerator, denominator) or (outcome, covariate). */
export class RunningPair {
  readonly first = new Running();
  readonly second = new Running();
  private cross = 0;

  add(a: number, b: number): void {
    const d = a - this.first.mean;
    this.first.add(a);
    this.second.add(b);
    this.cross += d * (b - this.second.mean);
  }

  private get covariance(): number {
    return this.cross / (this.first.n - 1);
  }

  get ratio(): RatioArm {
    const { first: n, second: d } = this;
    return {
      n: n.n,
      meanNumerator: n.mean,
      meanDenominator: d.mean,
      varianceNumerator: n.variance,
      varianceDenominator: d.variance,
      covariance: this.covariance,
    };
  }

  get adjusted(): CovariateArm {
    const { first: y, second: x } = this;
    return {
      n: y.n,
      meanY: y.mean,
      meanX: x.mean,
      varianceY: y.variance,
      varianceX: x.variance,
      covariance: this.covariance,
    };
  }
}
