import { type Arm, differenceVariance } from './arm.ts';
import { logNormalUpper } from './numeric/normal.ts';
import { findRoot } from './numeric/root.ts';

/**
 * A one-sided asymptotic confidence sequence for treatment − control, valid at every look together.
 *
 * E = 2/√(v+1)·exp(x²/2)·Φ(x), x = z·√(v/(v+1)), is the half-normal mixture over effects of the tested sign (Howard,
 * Ramdas, McAuliffe & Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics
 * 49 (2021), prop. 6; asymptotic version: Waudby-Smith et al., "Time-uniform central limit theory", Annals of
 * Statistics 52 (2024), app. B). z is the estimate over its standard error and v = τ²·information. E is a
 * supermartingale under every effect on the other side of the tested value, not only at it.
 *
 * Information is 1/var(effect), not a count of units: the estimates of a ramp that changes its weights have independent
 * increments in information, so that the sequence stays valid while traffic moves.
 */
export interface SequenceLook {
  readonly effect: number;
  /** Each bound holds on its own, at all looks together, with probability 1 − alpha. */
  readonly lower: number;
  readonly upper: number;
  /** ln E against "effect ≤ 0" and against "effect ≥ 0". */
  readonly logEAbove: number;
  readonly logEBelow: number;
}

const LN2 = Math.LN2;

const logMixture = (x: number, v: number): number =>
  LN2 - 0.5 * Math.log1p(v) + 0.5 * x * x + logNormalUpper(-x);

/** ρ² that makes the two-sided sequence at 2·alpha tightest at information t* (Waudby-Smith et al. 2024, eq. 56). */
function mixing(alpha: number, information: number): number {
  const log = -2 * Math.log(Math.min(0.999, 2 * alpha));
  return (log + Math.log1p(log)) / information;
}

/** x at which the mixture reaches 1/alpha. */
function boundary(alpha: number, v: number): number {
  const target = -Math.log(alpha);
  const gap = (x: number): number => logMixture(x, v) - target;
  let high = 2;
  while (gap(high) < 0) high *= 2;
  return findRoot(gap, -1, high);
}

/** What the mixture needs: the estimate over its standard error, and τ² times the information. */
function standardised(control: Arm, treatment: Arm, { alpha, tuning }: SequenceOptions) {
  const effect = treatment.mean - control.mean;
  const variance = differenceVariance(control, treatment);
  const spread = (control.variance + treatment.variance) / 2;
  const v = (mixing(alpha, tuning / 4) * spread) / variance;
  const se = Math.sqrt(variance);
  const shrink = Math.sqrt(v / (v + 1));
  return { effect, variance, v, se, shrink, x: (effect / se) * shrink };
}

export interface SequenceOptions {
  readonly alpha: number;
  readonly tuning: number;
}

/** ln E against "effect ≤ 0" and against "effect ≥ 0", without the bounds; some unit differs from another. */
export function oneSidedEvidence(
  control: Arm,
  treatment: Arm,
  options: SequenceOptions,
): Pick<SequenceLook, 'logEAbove' | 'logEBelow'> {
  const { x, v } = standardised(control, treatment, options);
  return { logEAbove: logMixture(x, v), logEBelow: logMixture(-x, v) };
}

/**
 * `tuning` is the number of units in both arms, at an even split, where the bound should be tightest. The effect is
 * measured in the arms' average standard deviation, so that the metric's unit cancels.
 */
export function oneSidedSequence(control: Arm, treatment: Arm, options: SequenceOptions): SequenceLook {
  const { effect, variance, v, se, shrink, x } = standardised(control, treatment, options);
  if (variance === 0) return degenerate(effect);
  const half = (boundary(options.alpha, v) / shrink) * se;
  return {
    effect,
    lower: effect - half,
    upper: effect + half,
    logEAbove: logMixture(x, v),
    logEBelow: logMixture(-x, v),
  };
}

/** No variation in either arm: the effect is what it is, or there is none. */
function degenerate(effect: number): SequenceLook {
  return {
    effect,
    lower: effect,
    upper: effect,
    logEAbove: effect > 0 ? Infinity : 0,
    logEBelow: effect < 0 ? Infinity : 0,
  };
}
