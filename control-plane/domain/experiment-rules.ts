import type { ExperimentLook, ExperimentPlan } from './experiment.ts';
import type { Effect, Verdict } from './verdict.ts';

/** What one running look found; numbers only, nothing decided. */
export interface ExperimentFacts {
  /** Units with an outcome in the smaller arm, or periods after the start for a panel. */
  readonly gathered: number;
  /** Null while nothing can be estimated. */
  readonly look: ExperimentLook | null;
  /** A guardrail whose always-valid test says harm. */
  readonly harm: { readonly reason: string; readonly effect: Effect | null } | null;
  /** The comparison itself is broken (sample ratio): no more data will mend it. */
  readonly refusal: string | null;
  readonly reason: string;
}

export type ExperimentNext =
  | { readonly kind: 'stay' }
  /** The look that was planned beforehand: the verdict is read once, here. */
  | { readonly kind: 'final'; readonly reason: string; readonly early: boolean }
  | { readonly kind: 'stop'; readonly verdict: Verdict };

/** Harm and a broken comparison end it at once; otherwise nothing is read before the planned sample, or the time-out. */
export function nextInExperiment(
  plan: ExperimentPlan,
  elapsedMs: number,
  facts: ExperimentFacts,
): ExperimentNext {
  if (facts.harm !== null)
    return {
      kind: 'stop',
      verdict: { kind: 'roll-back', reasons: [facts.harm.reason], effect: facts.harm.effect },
    };
  if (facts.refusal !== null)
    return { kind: 'stop', verdict: { kind: 'refused', reasons: [facts.refusal], effect: null } };
  const needed = plan.analysis === 'ab' ? plan.stop.minUnitsPerArm : plan.stop.postPeriods;
  if (facts.gathered >= needed && elapsedMs >= plan.stop.minDurationMs)
    return { kind: 'final', reason: `planned sample reached: ${facts.gathered} of ${needed}`, early: false };
  if (elapsedMs > plan.stop.timeoutMs)
    return { kind: 'final', reason: `time-out with ${facts.gathered} of ${needed}`, early: true };
  return { kind: 'stay' };
}

/** A verdict read at the time-out may end an experiment, never ship one whose planned sample was not reached. */
export function atTimeout(verdict: Verdict, reason: string): Verdict {
  if (verdict.kind !== 'ship' && verdict.kind !== 'keep-champion') return verdict;
  return { ...verdict, kind: 'inconclusive', reasons: [reason, ...verdict.reasons] };
}

/** How a release ends after its experiment. */
export function endAfter(verdict: Verdict): 'ship' | 'rejected' | 'rolled-back' {
  if (verdict.kind === 'ship') return 'ship';
  return verdict.kind === 'roll-back' ? 'rolled-back' : 'rejected';
}
