import { applyRouteChange, candidateIn } from '@assay/domain/endpoint-route';
import { AssayError } from '@assay/domain/errors';
import { assertStep, nameOf } from '@assay/domain/model-version';
import type { Change, Transition } from '@assay/domain/ports/control-store';
import { assertOpen, hasEnded } from '@assay/domain/release';
import type { EndpointRoute } from '@assay/domain/route-plan';
import { sql } from 'kysely';
import { moveExperiment, openExperiment } from './apply-experiment.ts';
import type { Tx } from './database.ts';
import { readEndpoint, readRelease, readVersion } from './reads.ts';

type Of<K extends Change['kind']> = Extract<Change, { kind: K }>;

/** Checks the domain's rule on the row in force and writes it; the caller holds the write lock. */
export async function applyChange(tx: Tx, change: Change, by: Transition['by'], atMs: number): Promise<void> {
  switch (change.kind) {
    case 'release-open':
      return openRelease(tx, change);
    case 'release':
      return moveRelease(tx, change);
    case 'stage':
      return moveStage(tx, change, by, atMs);
    case 'route':
      return changeRoute(tx, change);
    case 'withdraw':
      return withdraw(tx, change);
    case 'first-route':
      return firstRoute(tx, change);
    case 'autonomy':
      await readEndpoint(tx, change.endpoint);
      await sql`update assay.endpoint set autonomy = ${change.autonomy} where name = ${change.endpoint}`.execute(
        tx,
      );
      return;
    case 'experiment-open':
      return openExperiment(tx, change.plan, change.release);
    case 'experiment':
      return moveExperiment(tx, change.id, change.state);
    case 'experiment-look':
      await sql`insert into assay.experiment_look (experiment, look)
        values (${change.id}, ${JSON.stringify(change.look)}::jsonb)`.execute(tx);
      return;
    case 'monitor':
      await readEndpoint(tx, change.endpoint);
      await sql`insert into assay.monitor_status values (${change.endpoint}, ${JSON.stringify(change.status)}::jsonb)
        on conflict (endpoint) do update set status = excluded.status`.execute(tx);
  }
}

async function openRelease(tx: Tx, { release: r }: Of<'release-open'>): Promise<void> {
  await readEndpoint(tx, r.endpoint);
  await readVersion(tx, r.model, r.version);
  const open = await sql<{ id: string }>`
    select id from assay.release where is_open and (endpoint = ${r.endpoint} or id = ${r.id})`.execute(tx);
  const [other] = open.rows;
  if (other !== undefined)
    throw new AssayError(
      'ENDPOINT_BUSY',
      `Cannot open ${r.id} on "${r.endpoint}": ${other.id} is in progress`,
    );
  await sql`insert into assay.release values (${r.id}, ${r.model}, ${r.version}, ${r.endpoint}, ${r.family},
      ${r.profile}, ${r.requestedBy}, ${r.requestedAtMs}, ${JSON.stringify(r.state)}::jsonb, ${!hasEnded(r.state)})
    on conflict (id) do update set endpoint = excluded.endpoint, profile = excluded.profile,
      requested_by = excluded.requested_by, requested_at_ms = excluded.requested_at_ms,
      state = excluded.state, is_open = excluded.is_open`.execute(tx);
}

async function moveRelease(tx: Tx, { id, state }: Of<'release'>): Promise<void> {
  assertOpen(id, (await readRelease(tx, id)).state);
  await sql`update assay.release set state = ${JSON.stringify(state)}::jsonb, is_open = ${!hasEnded(state)}
    where id = ${id}`.execute(tx);
}

async function moveStage(tx: Tx, change: Of<'stage'>, by: Transition['by'], atMs: number): Promise<void> {
  const { model, version, stage } = change;
  const at = await readVersion(tx, model, version);
  assertStep(change, at.stage, stage, by);
  await sql`update assay.tracked_version set stage = ${stage}, updated_at_ms = ${atMs}
    where model = ${model} and version = ${version}`.execute(tx);
}

async function changeRoute(tx: Tx, { endpoint, change }: Of<'route'>): Promise<void> {
  const { route } = await readEndpoint(tx, endpoint);
  if (route === undefined)
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot change the route of "${endpoint}" (${change.kind}): it has no champion yet`,
    );
  await saveRoute(tx, applyRouteChange(route, change));
}

async function withdraw(tx: Tx, change: Of<'withdraw'>): Promise<void> {
  const { route } = await readEndpoint(tx, change.endpoint);
  const served = candidateIn(route, { model: change.model, version: change.version });
  if (route !== undefined && served !== undefined)
    await saveRoute(tx, applyRouteChange(route, { kind: 'withdraw', version: served }));
}

async function firstRoute(tx: Tx, { endpoint, version }: Of<'first-route'>): Promise<void> {
  const { route, family, policy } = await readEndpoint(tx, endpoint);
  if (route !== undefined)
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot make ${nameOf(version)} the first champion of "${endpoint}": ${nameOf(route.champion)} is`,
    );
  await saveRoute(tx, {
    name: endpoint,
    family,
    champion: version,
    shadows: [],
    experiments: [],
    policy,
    fallback: 'family-default',
    evidence: 'before-reply',
    pinnable: [],
  });
}

async function saveRoute(tx: Tx, route: EndpointRoute): Promise<void> {
  await sql`update assay.endpoint set route = ${JSON.stringify(route)}::jsonb where name = ${route.name}`.execute(
    tx,
  );
}

/** Publishes every endpoint's route as one more version of the whole plan. */
export async function publishPlan(tx: Tx, atMs: number): Promise<void> {
  await sql`insert into assay.route_plan
    select coalesce((select max(version) from assay.route_plan), 0) + 1,
      coalesce((select jsonb_agg(route order by name) from assay.endpoint where route is not null), '[]'::jsonb),
      ${atMs}::bigint`.execute(tx);
  await sql`select pg_notify('assay_routes', '')`.execute(tx);
}
