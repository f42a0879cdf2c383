import { experimentWorkflow } from '@assay/contract/experiment';
import { releaseWorkflow, TASK_QUEUES } from '@assay/contract/release';
import { type ApprovalPoint, needsPerson } from '@assay/domain/autonomy';
import { PROFILES } from '@assay/domain/delivery-profile';
import { defaultPlan, experimentIdOf } from '@assay/domain/design';
import { endAfter } from '@assay/domain/experiment-rules';
import { familySpec } from '@assay/domain/families/all';
import { assertStep } from '@assay/domain/model-version';
import * as steps from '@assay/domain/release-steps';
import { advanceCanary } from '@assay/domain/rollout';
import type { ServedVersion } from '@assay/domain/route-plan';
import {
  CancellationScope,
  CancelledFailure,
  condition,
  executeChild,
  patched,
  sleep,
} from '@temporalio/workflow';
import { analysis, commit, control } from './calls.ts';
import type { experiment } from './experiment.ts';
import { refusing } from './failures.ts';
import { promote, stop } from './release-ends.ts';
import { lookAtCanary, lookAtShadow, watchWhileWaiting } from './release-guard.ts';
import { minutesLeft, type Phase, type ReleaseRun } from './release-progress.ts';

/** Releases that began before it promoted a first champion unasked. */
const FIRST_CHAMPION_IS_APPROVED = 'first-champion-is-approved';

const SHADOW_LOOK_MS = 1_500;
/** Without traffic there is nothing to guard: only autonomy may have been granted meanwhile. */
const IDLE_WAKE_MS = 60_000;

const servedOf = ({ progress }: ReleaseRun): ServedVersion => {
  if (progress.served === null) throw new Error('the candidate was not looked up');
  return progress.served;
};

async function opening(run: ReleaseRun): Promise<Phase> {
  const { input, subject, progress } = run;
  const { createdBy, stage } = await control.trackedVersion(input);
  // Before anything is opened: a version that may not be validated (quarantined, rejected) leaves no open release behind
  refusing(() => assertStep(input, stage, 'validated', 'automation'));
  const { champion, owner } = await control.endpointFacts(input);
  await commit(
    steps.requested(subject, {
      id: subject.id,
      model: input.model,
      version: input.version,
      endpoint: input.endpoint,
      family: input.family,
      profile: input.profile,
      requestedBy: input.requestedBy,
      requestedAtMs: Date.now(),
      state: { kind: 'requested' },
    }),
  );
  Object.assign(progress, { author: createdBy, champion, owner });
  return { kind: 'validating' };
}

async function validating(run: ReleaseRun): Promise<Phase> {
  const { input, subject, progress, desk } = run;
  desk.why = 'evaluating the version on held-out rows';
  await commit(steps.validating(subject, input.snapshotDir));
  progress.served = await control.servedVersion(input);
  const { verdict, facts, code, signature } = await analysis.evaluateVersion({
    family: input.family,
    candidate: progress.served,
    champion: progress.champion,
    snapshotDir: input.snapshotDir,
  });
  const reason = verdict.reasons.join('; ');
  if (verdict.kind !== 'pass')
    return stop(
      run,
      { end: 'rejected', gate: 'validation', reason, effect: null },
      { facts, code, signature },
    );
  await commit(steps.validated(subject, reason, { facts, digest: progress.served.digest, signature }));
  if (progress.champion === null && !patched(FIRST_CHAMPION_IS_APPROVED)) return promote(run);
  // A first champion has nothing to be compared with, and gets all the traffic at once: that is a shipping like any other
  if (progress.champion === null) return { kind: 'approval', point: 'ship', asked: false };
  return { kind: 'approval', point: 'shadow', asked: false };
}

/** What follows when a point has been approved. */
const AFTER: Readonly<Record<ApprovalPoint, Phase>> = {
  shadow: { kind: 'shadowing' },
  canary: { kind: 'canary', step: -1, sinceMs: 0 },
  experiment: { kind: 'experimenting' },
  ship: { kind: 'shipping' },
};

async function approval(
  run: ReleaseRun,
  { point, asked }: Extract<Phase, { kind: 'approval' }>,
): Promise<Phase> {
  const { input, subject, desk } = run;
  const { autonomy } = await control.endpointFacts(input);
  if (!needsPerson(autonomy, point)) {
    const actor = { kind: 'policy', id: `autonomy/${autonomy}` } as const;
    const reason = `autonomy "${autonomy}" approves ${point} without a person`;
    await commit(steps.approved(subject, point, actor, reason, { autonomy }));
    // Autonomy may have been granted while a person was asked: nothing of that question may answer the next one
    Object.assign(desk, { awaiting: undefined, approval: undefined });
    return AFTER[point];
  }
  if (!asked) await commit(steps.waiting(subject, point, autonomy));
  desk.awaiting = point;
  desk.why = `waiting for approval of ${point}`;
  const isLive = run.progress.live === 'shadow' || run.progress.live === 'canary';
  const wakeMs = isLive ? PROFILES[input.profile].canary.lookEveryMs : IDLE_WAKE_MS;
  const isApproved = await condition(() => desk.approval !== undefined, wakeMs);
  if (!isApproved || desk.approval === undefined)
    return (await watchWhileWaiting(run)) ?? { kind: 'approval', point, asked: true };
  const { subject: person, role, comment } = desk.approval;
  desk.approval = undefined;
  desk.awaiting = undefined;
  await commit(
    steps.approved(subject, point, { kind: 'person', id: person }, comment === '' ? 'approved' : comment, {
      role,
    }),
  );
  return AFTER[point];
}

async function shadowing(run: ReleaseRun): Promise<Phase> {
  const { input, subject, progress, desk } = run;
  if (progress.live === 'none') {
    const sinceMs = Date.now();
    await commit(steps.shadowing(subject, servedOf(run), sinceMs));
    Object.assign(progress, { live: 'shadow', liveSinceMs: sinceMs });
    desk.why = 'in shadow, before the first look';
    await control.mirrorAlias({ model: input.model, alias: 'challenger', version: input.version });
  }
  const { soakMs } = PROFILES[input.profile].shadow;
  const leftMs = progress.liveSinceMs + soakMs - Date.now();
  // Afterwards the last look says what is still waited for
  if (leftMs > 0) desk.why = `soaking in shadow, ${minutesLeft(leftMs)}`;
  await sleep(SHADOW_LOOK_MS);
  const next = await lookAtShadow(run);
  if (next.kind === 'reject' || next.kind === 'unreadable')
    return stop(run, { end: 'rejected', gate: 'shadow', reason: next.reason, effect: null });
  if (next.kind === 'stay') {
    desk.why = `${leftMs > 0 ? 'soaking' : 'soaked'} in shadow: ${next.reason}`;
    return { kind: 'shadowing' };
  }
  if (familySpec(input.family).analysis === 'ab') return { kind: 'approval', point: 'canary', asked: false };
  const reason =
    'no randomised canary: the units are a few stores that share their days; the experiment itself treats one store first';
  await commit(steps.canarySkipped(subject, reason));
  return { kind: 'approval', point: 'experiment', asked: false };
}

async function canary(run: ReleaseRun, at: Extract<Phase, { kind: 'canary' }>): Promise<Phase> {
  const { input, progress, desk } = run;
  const profile = PROFILES[input.profile].canary;
  if (at.step < 0) return enterStep(run, 0);
  desk.why = `canary step ${at.step + 1} of ${profile.steps.length}, ${minutesLeft(
    at.sinceMs + (profile.steps[at.step]?.soakMs ?? 0) - Date.now(),
  )}`;
  await sleep(profile.lookEveryMs);
  const { look, effect } = await lookAtCanary(run);
  const clock = {
    step: at.step,
    sinceMs: at.sinceMs,
    nowMs: Date.now(),
    stepTimeoutMs: profile.stepTimeoutMs,
  };
  const next = advanceCanary(profile.steps, clock, look);
  switch (next.kind) {
    case 'stay':
      return at;
    case 'step':
      return enterStep(run, next.step);
    case 'done':
      return { kind: 'approval', point: 'experiment', asked: false };
    case 'roll-back':
      return stop(
        run,
        { end: 'rolled-back', gate: 'canary', reason: next.reason, effect },
        {
          looks: progress.looks,
        },
      );
  }
}

async function enterStep(run: ReleaseRun, step: number): Promise<Phase> {
  const { input, subject, progress } = run;
  const planned = PROFILES[input.profile].canary.steps[step];
  if (planned === undefined) throw new Error(`profile "${input.profile}" has no canary step ${step}`);
  const sinceMs = Date.now();
  await commit(steps.canaryStep(subject, servedOf(run), { step, planned, sinceMs }));
  progress.weight = planned.weight;
  if (progress.live !== 'canary') Object.assign(progress, { live: 'canary', liveSinceMs: sinceMs });
  return { kind: 'canary', step, sinceMs };
}

async function experimenting(run: ReleaseRun): Promise<Phase> {
  const { input, subject, progress, desk } = run;
  if (progress.champion === null) throw new Error('an experiment needs a champion');
  const plan = defaultPlan({
    spec: familySpec(input.family),
    endpoint: input.endpoint,
    owner: progress.owner,
    champion: progress.champion,
    candidate: input,
    profile: PROFILES[input.profile],
  });
  await commit(steps.experimenting(subject, plan, Date.now()));
  progress.live = 'experiment';
  desk.why = `experiment ${experimentIdOf(input)} runs`;
  const { verdict } = await executeChild<typeof experiment>(experimentWorkflow.name, {
    workflowId: experimentWorkflow.id(plan.id),
    taskQueue: TASK_QUEUES.control,
    args: [{ plan, release: releaseWorkflow.id(input) }],
  });
  // A cancelled experiment ends with a verdict of its own; the abort decides, not that
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('aborted');
  progress.effect = verdict.effect;
  await commit(steps.experimentDecided(subject, plan.id, verdict));
  const end = endAfter(verdict);
  if (end === 'ship') return { kind: 'approval', point: 'ship', asked: false };
  const reason = `${verdict.kind}: ${verdict.reasons.join('; ')}`;
  return stop(run, { end, gate: 'experiment', reason, effect: verdict.effect });
}

export async function advance(run: ReleaseRun): Promise<Phase> {
  const { phase } = run.progress;
  switch (phase.kind) {
    case 'opening':
      return opening(run);
    case 'validating':
      return validating(run);
    case 'approval':
      return approval(run, phase);
    case 'shadowing':
      return shadowing(run);
    case 'canary':
      return canary(run, phase);
    case 'experimenting':
      return experimenting(run);
    case 'shipping':
      return promote(run);
    case 'ended':
      return phase;
  }
}
