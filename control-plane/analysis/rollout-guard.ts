import { type Arm, isReadable } from './arm.ts';
import { oneSidedSequence } from './one-sided-sequence.ts';

/**
 * The rollback test of a canary against the champion: always valid, so that it may be looked at after every request.
 *
 * Stated rate: with `alpha = splitAlpha(total, k)` for each of k guardrails, P(some guardrail ever says "harm" while none
 * is worse than its tolerance) ≤ total over the whole ramp, by Ville's inequality for each sequence and Bonferroni over guardrails. The test is
 * one-sided, so that all of alpha goes to harm. It is asymptotic: `minUnits` keeps it away from samples in which a mean is
 * not yet near normal. rollout-guard.test.ts measures the rate under continuous peeking.
 */
export interface GuardInput {
  /**
   * Cumulative since the ramp began. A unit that a step up moved counts in both arms, with the outcomes it had in each: the
   * positive correlation makes the true variance of the difference smaller than the one used, so the test errs towards "ok" late.
   */
  readonly control: Arm;
  readonly treatment: Arm;
  /** The direction that hurts. */
  readonly harm: 'decrease' | 'increase';
  /** Worsening that is no harm, in the metric's unit and at least 0: the tested hypothesis is "no worse than this". */
  readonly tolerance: number;
  /** This guardrail's share of the ramp's false-rollback rate. */
  readonly alpha: number;
  /** Units in both arms where the bound is to be tightest; about half of what the ramp will see. */
  readonly tuning: number;
  readonly minUnits: number;
}

export type GuardLook =
  | {
      readonly kind: 'no-data';
      readonly effect: null;
      readonly lower: null;
      readonly upper: null;
      readonly p: null;
      readonly n: number;
    }
  | {
      readonly kind: 'ok' | 'harm';
      readonly effect: number;
      /** Each bound on its own is always valid at 1 − alpha; harm is decided by the one on the side of harm. */
      readonly lower: number;
      readonly upper: number;
      /** Against "no worse than the tolerance": 1/E at this look, at most 1; the running minimum over looks is valid too. */
      readonly p: number;
      readonly n: number;
    };

/**
 * Default for `minUnits` per arm. The mean of n values with skewness g is off normal by about g(z²−1)φ(z)/(6√n) in the tail
 * (Edgeworth); at the boundary of alpha = 0.005 (z ≈ 3.3 to 4) a Bernoulli metric of rate 0.1 (g = 2.7) needs some 200 units
 * for that to be a small part of the tail. Rarer events need more: see `minUnitsForRate`.
 */
export const MIN_UNITS_PER_ARM = 200;

/** Units per arm until an event of this rate is expected 20 times; fewer than that and its mean is not near normal. */
export const minUnitsForRate = (rate: number): number => Math.max(MIN_UNITS_PER_ARM, Math.ceil(20 / rate));

/** One guardrail's alpha, so that all k together stay within `total` (Bonferroni: holds whatever their dependence). */
export const splitAlpha = (total: number, k: number): number => total / Math.max(1, k);

export function guardLook(input: GuardInput): GuardLook {
  const { control, treatment, harm, tolerance, alpha, tuning, minUnits } = input;
  const n = control.n + treatment.n;
  const enough = Math.min(control.n, treatment.n) >= Math.max(2, minUnits);
  if (!enough || !isReadable(control) || !isReadable(treatment))
    return { kind: 'no-data', effect: null, lower: null, upper: null, p: null, n };
  // The hypothesis moved to zero: what is tolerated is given back to the treatment, and taken off the bounds again
  const given = harm === 'decrease' ? tolerance : -tolerance;
  const forgiven = { ...treatment, mean: treatment.mean + given };
  const look = oneSidedSequence(control, forgiven, { alpha, tuning });
  const logE = harm === 'decrease' ? look.logEBelow : look.logEAbove;
  // Means that are numbers may still differ by more than a number can hold
  if (Number.isNaN(logE)) return { kind: 'no-data', effect: null, lower: null, upper: null, p: null, n };
  return {
    kind: logE >= -Math.log(alpha) ? 'harm' : 'ok',
    effect: look.effect - given,
    lower: look.lower - given,
    upper: look.upper - given,
    p: Math.min(1, Math.exp(-logE)),
    n,
  };
}
