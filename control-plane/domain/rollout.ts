import type { CanaryStep } from './delivery-profile.ts';

/** One look at a canary. `harm` ends it at once; only `enough` lets a soaked step go on. */
export type Look =
  | { readonly kind: 'enough'; readonly units: number }
  | { readonly kind: 'gathering'; readonly units: number }
  | { readonly kind: 'harm'; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

export type CanaryNext =
  | { readonly kind: 'stay' }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'roll-back'; readonly reason: string };

export interface CanaryClock {
  readonly step: number;
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly stepTimeoutMs: number;
}

/** Only a look that could be read, shows no harm and has enough units moves traffic up; a step that never gathers them rolls back. */
export function advanceCanary(steps: readonly CanaryStep[], at: CanaryClock, look: Look): CanaryNext {
  if (look.kind === 'harm') return { kind: 'roll-back', reason: look.reason };
  const elapsed = at.nowMs - at.sinceMs;
  // What is there to be read counts, however long nobody looked (a worker that was away)
  if (look.kind !== 'enough' && elapsed > at.stepTimeoutMs) {
    const why = look.kind === 'unreadable' ? look.reason : `only ${look.units} units`;
    return {
      kind: 'roll-back',
      reason: `step ${at.step + 1} saw no readable evidence within ${at.stepTimeoutMs} ms: ${why}`,
    };
  }
  const soakMs = steps[at.step]?.soakMs ?? Number.POSITIVE_INFINITY;
  if (look.kind !== 'enough' || elapsed < soakMs) return { kind: 'stay' };
  return at.step + 1 < steps.length ? { kind: 'step', step: at.step + 1 } : { kind: 'done' };
}
