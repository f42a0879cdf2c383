/** Sufficient statistics of one arm's per-unit values; variance has denominator n − 1. */
export interface Arm {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

export const isReadable = (arm: Arm): boolean =>
  Number.isFinite(arm.n) && Number.isFinite(arm.mean) && Number.isFinite(arm.variance) && arm.variance >= 0;

/** Variance of treatment mean − control mean. */
export const differenceVariance = (control: Arm, treatment: Arm): number =>
  control.variance / control.n + treatment.variance / treatment.n;
