import { canonicalJson } from '@assay/domain/canonical-json';
import { AssayError } from '@assay/domain/errors';
import {
  assertExperimentStep,
  assertPlan,
  type ExperimentPlan,
  type ExperimentState,
} from '@assay/domain/experiment';
import type { Stage } from '@assay/domain/model-version';
import { hasEnded } from '@assay/domain/release';
import { asJson } from '@assay/domain/release-steps';
import { sql } from 'kysely';
import type { Tx } from './database.ts';
import { readEndpoint, readExperiment, readRelease, readVersion } from './reads.ts';

const samePlan = (a: ExperimentPlan, b: ExperimentPlan): boolean =>
  canonicalJson(asJson(a)) === canonicalJson(asJson(b));

/** A locked plan is not replaced while it counts; a decided experiment's id may be used by a later release. */
export async function openExperiment(tx: Tx, plan: ExperimentPlan, release: string | null): Promise<void> {
  assertPlan(plan);
  await readEndpoint(tx, plan.endpoint);
  const { rows } = await sql<{ plan: ExperimentPlan; state: ExperimentState }>`
    select plan, state from assay.experiment where id = ${plan.id}`.execute(tx);
  const [there] = rows;
  if (there !== undefined && (there.state.kind === 'registered' || there.state.kind === 'running')) {
    if (there.state.kind === 'registered' && samePlan(there.plan, plan)) return;
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot open experiment "${plan.id}": its plan is locked, it is "${there.state.kind}"`,
    );
  }
  await sql`delete from assay.experiment_look where experiment = ${plan.id}`.execute(tx);
  await sql`insert into assay.experiment
    values (${plan.id}, ${JSON.stringify(plan)}::jsonb, '{"kind":"draft"}'::jsonb, ${release})
    on conflict (id) do update set plan = excluded.plan, state = excluded.state, release = excluded.release`.execute(
    tx,
  );
}

export async function moveExperiment(tx: Tx, id: string, state: ExperimentState): Promise<void> {
  const at = await readExperiment(tx, id);
  assertExperimentStep(id, at.state.kind, state.kind);
  if (state.kind === 'running') await assertFitForTraffic(tx, at.plan);
  if (state.kind === 'running' && at.release !== null) {
    const release = await readRelease(tx, at.release);
    if (hasEnded(release.state))
      throw new AssayError(
        'TRANSITION_REFUSED',
        `Cannot start experiment "${id}": ${release.id} ended as "${release.state.kind}"`,
      );
  }
  await sql`update assay.experiment set state = ${JSON.stringify(state)}::jsonb where id = ${id}`.execute(tx);
}

const FIT: readonly Stage[] = ['validated', 'shadow', 'canary', 'champion', 'retired'];

/** No arm serves what nobody has validated, or what was rolled back. Throws QUARANTINED, TRANSITION_REFUSED. */
async function assertFitForTraffic(tx: Tx, { id, arms }: ExperimentPlan): Promise<void> {
  for (const { name, model, version } of arms) {
    if (model === undefined || version === undefined) continue;
    const { stage } = await readVersion(tx, model, version);
    if (FIT.includes(stage)) continue;
    throw new AssayError(
      stage === 'rolled-back' ? 'QUARANTINED' : 'TRANSITION_REFUSED',
      `Cannot start experiment "${id}": arm "${name}" serves ${model}/${version}, which is "${stage}"`,
    );
  }
}
