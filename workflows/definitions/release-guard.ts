import { PROFILES } from '@assay/domain/delivery-profile';
import { familySpec } from '@assay/domain/families/all';
import * as steps from '@assay/domain/release-steps';
import type { Look } from '@assay/domain/rollout';
import { judgeShadow, type ShadowNext } from '@assay/domain/shadow-gate';
import { analysis, commit } from './calls.ts';
import { stop } from './release-ends.ts';
import type { Phase, ReleaseRun } from './release-progress.ts';

/** One look at the shadow's answers. */
export async function lookAtShadow(run: ReleaseRun): Promise<ShadowNext> {
  const { input, progress, subject } = run;
  const look = await analysis.lookAtShadow({
    endpoint: input.endpoint,
    family: input.family,
    model: input.model,
    version: input.version,
    sinceMs: progress.liveSinceMs,
  });
  const profile = PROFILES[input.profile].shadow;
  const elapsedMs = Date.now() - progress.liveSinceMs;
  const next = judgeShadow(familySpec(input.family).shadowChecks, profile, elapsedMs, look);
  progress.looks += 1;
  await commit(steps.looked(subject, 'shadow', progress.looks, next.reason, look));
  return next;
}

export interface CanaryReading {
  readonly look: Look;
  readonly effect: steps.Stopped['effect'];
}

/** One look at the canary's guardrails. */
export async function lookAtCanary(run: ReleaseRun): Promise<CanaryReading> {
  const { input, progress, subject } = run;
  const answer = await analysis.lookAtCanary({
    endpoint: input.endpoint,
    rollout: subject.id,
    sinceMs: progress.liveSinceMs,
    weight: progress.weight ?? 0,
    guardrails: familySpec(input.family).guardrails,
    canary: PROFILES[input.profile].canary,
  });
  const { look } = answer;
  const reason = 'reason' in look ? look.reason : `${look.units} units in the smaller arm: ${look.kind}`;
  progress.looks += 1;
  await commit(steps.looked(subject, 'canary', progress.looks, reason, answer));
  return { look, effect: answer.effect };
}

/** Guardrails run in waiting states too; harm ends the wait. */
export async function watchWhileWaiting(run: ReleaseRun): Promise<Phase | undefined> {
  if (run.progress.live === 'shadow') {
    const next = await lookAtShadow(run);
    // Too few rows is no reason to end a wait: a shadow that passed once may fall silent at night
    if (next.kind !== 'reject') return undefined;
    return stop(run, { end: 'rejected', gate: 'shadow', reason: next.reason, effect: null });
  }
  if (run.progress.live !== 'canary') return undefined;
  const { look, effect } = await lookAtCanary(run);
  if (look.kind !== 'harm') return undefined;
  return stop(run, { end: 'rolled-back', gate: 'canary', reason: look.reason, effect });
}
