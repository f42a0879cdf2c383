import type { Actor } from './audit.ts';
import type { ApprovalPoint, Autonomy } from './autonomy.ts';
import type { Json } from './canonical-json.ts';
import type { CanaryStep } from './delivery-profile.ts';
import type { ExperimentPlan } from './experiment.ts';
import type { Stage, VersionRef } from './model-version.ts';
import type { Change, Transition } from './ports/control-store.ts';
import type { Gate, Release, ReleaseState } from './release.ts';
import type { ServedVersion } from './route-plan.ts';
import type { Effect, Verdict } from './verdict.ts';

/** Whose steps these are. `run` tells a second release of the same version from the first: keys must differ. */
export interface ReleaseSubject {
  readonly id: string;
  readonly run: string;
  readonly model: string;
  readonly version: string;
  readonly endpoint: string;
}

/** JSON of anything that is made of numbers, texts, lists and objects; what JSON cannot say (NaN, ∞) becomes null. */
export function asJson(value: unknown): Json {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, v]) => v !== undefined)
        .map(([k, v]) => [k, asJson(v)]),
    );
  return null;
}

interface Words {
  /** Names the step within the release; the same name is the same transition. */
  readonly name: string;
  readonly event: string;
  readonly reason: string;
  readonly evidence?: unknown;
  readonly actor?: Actor;
}

const WORKFLOW: Actor = { kind: 'workflow', id: 'release' };

const step = (s: ReleaseSubject, words: Words, changes: readonly Change[]): Transition => ({
  key: `${s.id}/${s.run}/${words.name}`,
  statement: {
    decision: s.id,
    event: words.event,
    actor: words.actor ?? WORKFLOW,
    reason: words.reason,
    evidence: asJson(words.evidence ?? {}),
  },
  changes,
  by: 'automation',
});

const toState = (s: ReleaseSubject, state: ReleaseState): Change => ({ kind: 'release', id: s.id, state });
const toStage = (s: VersionRef, stage: Stage): Change => ({
  kind: 'stage',
  model: s.model,
  version: s.version,
  stage,
});

export const requested = (s: ReleaseSubject, release: Release): Transition =>
  step(
    s,
    {
      name: 'requested',
      event: 'release.requested',
      reason: `${release.requestedBy} asks to release ${s.model}/${s.version} on "${s.endpoint}"`,
      evidence: { profile: release.profile, family: release.family, requestedBy: release.requestedBy },
    },
    [{ kind: 'release-open', release: { ...release, state: { kind: 'requested' } } }],
  );

export const validating = (s: ReleaseSubject, snapshotDir: string): Transition =>
  step(
    s,
    {
      name: 'validating',
      event: 'release.validating',
      reason: 'evaluated by Assay itself on held-out rows',
      evidence: { snapshot: snapshotDir },
    },
    [toState(s, { kind: 'validating' })],
  );

export const validated = (s: ReleaseSubject, reason: string, evidence: unknown): Transition =>
  step(s, { name: 'validated', event: 'release.validated', reason, evidence }, [toStage(s, 'validated')]);

export const firstChampion = (s: ReleaseSubject, version: ServedVersion): Transition =>
  step(
    s,
    {
      name: 'promoted',
      event: 'release.promoted',
      reason: 'first version: nothing to compare with',
      evidence: { version },
    },
    [
      toStage(s, 'champion'),
      { kind: 'first-route', endpoint: s.endpoint, version },
      toState(s, { kind: 'champion', gate: 'validation', effect: null }),
    ],
  );

export const waiting = (s: ReleaseSubject, point: ApprovalPoint, autonomy: Autonomy): Transition =>
  step(
    s,
    {
      name: `waiting/${point}`,
      event: `${point}.waiting`,
      reason: `autonomy "${autonomy}": a person approves ${point}`,
      evidence: { point, autonomy },
    },
    [toState(s, { kind: 'waiting-for-approval', point })],
  );

export const approved = (
  s: ReleaseSubject,
  point: ApprovalPoint,
  actor: Actor,
  reason: string,
  evidence: unknown,
): Transition =>
  step(s, { name: `approved/${point}`, event: `${point}.approved`, actor, reason, evidence }, []);

export const shadowing = (s: ReleaseSubject, version: ServedVersion, sinceMs: number): Transition =>
  step(
    s,
    {
      name: 'shadow.started',
      event: 'shadow.started',
      reason: 'answers beside the champion, unseen by anyone',
      evidence: { sample: 1 },
    },
    [
      toStage(s, 'shadow'),
      { kind: 'route', endpoint: s.endpoint, change: { kind: 'shadow', version, sample: 1 } },
      toState(s, { kind: 'shadowing', sinceMs }),
    ],
  );

/** A look that changes nothing is one row of the record. */
export const looked = (
  s: ReleaseSubject,
  at: 'shadow' | 'canary',
  look: number,
  reason: string,
  evidence: unknown,
): Transition => step(s, { name: `${at}.look/${look}`, event: `${at}.look`, reason, evidence }, []);

export const canarySkipped = (s: ReleaseSubject, reason: string): Transition =>
  step(s, { name: 'canary.skipped', event: 'canary.skipped', reason }, []);

export const canaryStep = (
  s: ReleaseSubject,
  version: ServedVersion,
  at: { readonly step: number; readonly planned: CanaryStep; readonly sinceMs: number },
): Transition =>
  step(
    s,
    {
      name: `canary.step/${at.step}`,
      event: 'canary.step',
      reason: `${Math.round(at.planned.weight * 100)} % of units for at least ${at.planned.soakMs / 1_000} s`,
      evidence: { step: at.step, weight: at.planned.weight },
    },
    [
      toStage(s, 'canary'),
      {
        kind: 'route',
        endpoint: s.endpoint,
        change: { kind: 'canary', rollout: s.id, weight: at.planned.weight, version },
      },
      toState(s, { kind: 'canary', step: at.step, weight: at.planned.weight, sinceMs: at.sinceMs }),
    ],
  );

export const experimenting = (s: ReleaseSubject, plan: ExperimentPlan, sinceMs: number): Transition =>
  step(
    s,
    {
      name: 'experiment.started',
      event: 'experiment.started',
      reason: plan.hypothesis,
      evidence: { experiment: plan.id, analysis: plan.analysis },
    },
    [toStage(s, 'canary'), toState(s, { kind: 'experimenting', experiment: plan.id, sinceMs })],
  );

export const experimentDecided = (s: ReleaseSubject, experiment: string, verdict: Verdict): Transition =>
  step(
    s,
    {
      name: 'experiment.verdict',
      event: 'experiment.verdict',
      reason: `${verdict.kind}: ${verdict.reasons.join('; ')}`,
      evidence: { experiment, verdict: verdict.kind, effect: verdict.effect },
    },
    [],
  );

export const promoted = (
  s: ReleaseSubject,
  version: ServedVersion,
  former: ServedVersion,
  effect: Effect | null,
): Transition => {
  const replaces = former.model !== version.model || former.version !== version.version;
  return step(
    s,
    {
      name: 'promoted',
      event: 'release.promoted',
      reason: `takes the place of ${former.model}/${former.version}`,
      evidence: { effect, former: { model: former.model, version: former.version } },
    },
    [
      ...(replaces ? [toStage(former, 'retired')] : []),
      toStage(s, 'champion'),
      { kind: 'route', endpoint: s.endpoint, change: { kind: 'promote', version } },
      toState(s, { kind: 'champion', gate: 'experiment', effect }),
    ],
  );
};

export interface Stopped {
  readonly end: 'rejected' | 'rolled-back';
  readonly gate: Gate;
  readonly reason: string;
  readonly effect: Effect | null;
}

/** `routed`: where the candidate gets no traffic there is no route to take it out of. */
const withdrawal = (s: ReleaseSubject, routed: ServedVersion | null): readonly Change[] =>
  routed === null
    ? []
    : [{ kind: 'route', endpoint: s.endpoint, change: { kind: 'withdraw', version: routed } }];

export const stopped = (
  s: ReleaseSubject,
  routed: ServedVersion | null,
  { end, gate, reason, effect }: Stopped,
  evidence: unknown,
): Transition =>
  step(s, { name: end, event: `release.${end}`, reason, evidence: { gate, effect, ...asObject(evidence) } }, [
    ...withdrawal(s, routed),
    toStage(s, end),
    toState(s, { kind: end, gate, reason, effect }),
  ]);

const asObject = (evidence: unknown): object =>
  typeof evidence === 'object' && evidence !== null ? evidence : {};

export const aborted = (
  s: ReleaseSubject,
  routed: ServedVersion | null,
  by: string,
  reason: string,
): Transition =>
  step(s, { name: 'aborted', event: 'release.aborted', actor: { kind: 'person', id: by }, reason }, [
    ...withdrawal(s, routed),
    toStage(s, 'rejected'),
    toState(s, { kind: 'aborted', by, reason }),
  ]);
