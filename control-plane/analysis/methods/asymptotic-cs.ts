import { type Arm, differenceVariance } from '../arm.ts';
import { liftVariance } from './relative-lift.ts';

export interface AsymptoticCs {
  readonly effect: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number;
}

/**
 * Two-sided asymptotic confidence sequence of treatment − control or of the relative lift (Waudby-Smith, Arbour, Sinha,
 * Kennedy & Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 2024).
 * `tuning` is the number of units in both arms at which it is tightest.
 */
export function asymptoticCs(
  control: Arm,
  treatment: Arm,
  {
    alpha = 0.05,
    tuning = 5000,
    relative = false,
  }: { alpha?: number; tuning?: number; relative?: boolean } = {},
): AsymptoticCs {
  const effect = relative ? treatment.mean / control.mean - 1 : treatment.mean - control.mean;
  const variance = relative ? liftVariance(control, treatment) : differenceVariance(control, treatment);
  const n = control.n + treatment.n;
  const log = -2 * Math.log(alpha);
  const rho2 = (log + Math.log1p(log)) / tuning;
  const v = n * rho2;
  const half =
    Math.sqrt(n * variance) * Math.sqrt(((2 * (v + 1)) / (n * v)) * Math.log(Math.sqrt(v + 1) / alpha));
  const exponent =
    variance === 0 ? (effect === 0 ? 0 : -Infinity) : (-rho2 * n * effect ** 2) / (2 * variance * (v + 1));
  return {
    effect,
    lower: effect - half,
    upper: effect + half,
    p: Math.min(1, Math.sqrt(v + 1) * Math.exp(exponent)),
  };
}
