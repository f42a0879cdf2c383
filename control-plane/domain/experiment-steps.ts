import type { Actor } from './audit.ts';
import type { ExperimentLook, ExperimentPlan } from './experiment.ts';
import type { Change, Transition } from './ports/control-store.ts';
import { asJson } from './release-steps.ts';
import type { ExperimentRoute } from './route-plan.ts';
import type { Verdict } from './verdict.ts';

/** Whose steps these are. `run` tells a second run under the same id from the first: keys must differ. */
export interface ExperimentSubject {
  readonly plan: ExperimentPlan;
  readonly planDigest: string;
  readonly run: string;
}

const WORKFLOW: Actor = { kind: 'workflow', id: 'experiment' };

function step(
  s: ExperimentSubject,
  words: { name: string; event: string; reason: string; evidence?: unknown; actor?: Actor },
  changes: readonly Change[],
): Transition {
  return {
    key: `experiment/${s.plan.id}/${s.run}/${words.name}`,
    statement: {
      decision: s.plan.id,
      event: words.event,
      actor: words.actor ?? WORKFLOW,
      reason: words.reason,
      evidence: asJson(words.evidence ?? {}),
    },
    changes,
    by: 'automation',
  };
}

export const registered = (s: ExperimentSubject, release: string | null): Transition =>
  step(
    s,
    {
      name: 'registered',
      event: 'experiment.registered',
      reason: `the plan is locked: ${s.plan.hypothesis}`,
      evidence: { plan: s.plan, planDigest: s.planDigest, release },
    },
    [
      { kind: 'experiment-open', plan: s.plan, release },
      { kind: 'experiment', id: s.plan.id, state: { kind: 'registered', planDigest: s.planDigest } },
    ],
  );

export const running = (s: ExperimentSubject, route: ExperimentRoute, sinceMs: number): Transition =>
  step(
    s,
    { name: 'running', event: 'experiment.running', reason: 'its arms get traffic', evidence: { route } },
    [
      { kind: 'route', endpoint: s.plan.endpoint, change: { kind: 'experiment', experiment: route } },
      {
        kind: 'experiment',
        id: s.plan.id,
        state: { kind: 'running', planDigest: s.planDigest, sinceMs },
      },
    ],
  );

export const experimentLook = (
  s: ExperimentSubject,
  n: number,
  look: ExperimentLook | null,
  reason: string,
): Transition =>
  step(
    s,
    { name: `look/${n}`, event: 'experiment.look', reason, evidence: { look } },
    look === null ? [] : [{ kind: 'experiment-look', id: s.plan.id, look }],
  );

/** `routed`: false while the arms got no traffic yet. */
export const stopped = (s: ExperimentSubject, routed: boolean, reason: string, actor?: Actor): Transition =>
  step(s, { name: 'stopped', event: 'experiment.stopped', reason, ...(actor && { actor }) }, [
    ...(routed
      ? [
          {
            kind: 'route',
            endpoint: s.plan.endpoint,
            change: { kind: 'end-experiment', id: s.plan.id },
          } as const,
        ]
      : []),
    { kind: 'experiment', id: s.plan.id, state: { kind: 'stopped', planDigest: s.planDigest, reason } },
  ]);

export const decided = (s: ExperimentSubject, verdict: Verdict): Transition =>
  step(
    s,
    {
      name: 'decided',
      event: 'experiment.decided',
      reason: `${verdict.kind}: ${verdict.reasons.join('; ')}`,
      evidence: { verdict },
    },
    [
      {
        kind: 'experiment',
        id: s.plan.id,
        state: { kind: 'decided', planDigest: s.planDigest, verdict },
      },
    ],
  );
