import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@assay/domain/canonical-json';
import { AssayError } from '@assay/domain/errors';
import { assertPlan, type ExperimentPlan } from '@assay/domain/experiment';
import type { StoredExperiment } from '@assay/domain/ports/control-store';
import { asJson } from '@assay/domain/release-steps';
import { assertMay, type Identity } from '@assay/domain/roles';
import { sha256Hex } from '@assay/domain/sha256';
import type { Deps } from '../deps.ts';
import { said } from './statement.ts';

const digestOf = (plan: ExperimentPlan): string => sha256Hex(canonicalJson(asJson(plan)));

/** A draft may be written again until it is registered. */
export async function draftExperiment(
  { store }: Deps,
  by: Identity,
  plan: ExperimentPlan,
): Promise<StoredExperiment> {
  assertMay(by, 'experiment.draft');
  assertPlan(plan);
  const there = (await store.experiments()).find((x) => x.plan.id === plan.id);
  if (there !== undefined && there.state.kind !== 'draft')
    throw new AssayError(
      'ALREADY_EXISTS',
      `Cannot draft experiment "${plan.id}": it is "${there.state.kind}"`,
    );
  await store.commit({
    // Each writing is one of its own: a plan may come back to what it was
    key: `experiment/${plan.id}/draft/${randomUUID()}`,
    statement: said(by, plan.id, 'experiment.drafted', plan.hypothesis, { plan: asJson(plan) }),
    changes: [{ kind: 'experiment-open', plan, release: null }],
    by: 'person',
  });
  return store.experiment(plan.id);
}

export async function registerExperiment(
  { store }: Deps,
  by: Identity,
  id: string,
): Promise<StoredExperiment> {
  assertMay(by, 'experiment.run');
  const { plan } = await store.experiment(id);
  const planDigest = digestOf(plan);
  await store.commit({
    key: `experiment/${id}/register/${planDigest}`,
    statement: said(by, id, 'experiment.registered', 'the plan is locked', { planDigest }),
    changes: [{ kind: 'experiment', id, state: { kind: 'registered', planDigest } }],
    by: 'person',
  });
  return store.experiment(id);
}

/** The plan must be locked before any outcome is looked at. */
export async function startExperiment(
  { store, workflows }: Deps,
  by: Identity,
  id: string,
): Promise<StoredExperiment> {
  assertMay(by, 'experiment.run');
  const { plan, state, release } = await store.experiment(id);
  if (state.kind === 'registered') await workflows.startExperiment({ plan, release });
  else if (state.kind !== 'running')
    throw new AssayError('TRANSITION_REFUSED', `Cannot start experiment "${id}": it is "${state.kind}"`);
  return store.experiment(id);
}

export async function stopExperiment(
  { store, workflows }: Deps,
  by: Identity,
  id: string,
  reason: string,
): Promise<StoredExperiment> {
  assertMay(by, 'experiment.run');
  await store.experiment(id);
  await workflows.stopExperiment(id, { subject: by.subject, reason });
  return store.experiment(id);
}
