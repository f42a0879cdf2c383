import type { AuditStatement } from '@assay/domain/audit';
import type { Change, Transition } from '@assay/domain/ports/control-store';
import type { Release } from '@assay/domain/release';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { type Received, startReceiver, type WebhookReceiver } from '../plane/webhook-receiver.ts';
import { GateWorld } from './gate-world.ts';
import { ASSAY, type Ask, alias, asking } from './webhook-world.ts';

let world: GateWorld;
let ask: Ask;
let receiver: WebhookReceiver;

beforeAll(async () => {
  world = await GateWorld.start();
  ask = asking(world.registry.url);
  receiver = await startReceiver();
  await world.endpoint('home', 'ranking');
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const STATES = [
  'model_version_state.changed',
  'model_version.quarantined',
  'model_version.unquarantined',
  'release.changed',
  'release.finished',
];

async function subscribe(model: string, events: readonly string[]): Promise<string> {
  const { body } = await ask('POST', ASSAY, { name: 'states', url: receiver.url, events, model });
  return body.id;
}

const of = (model: string): readonly Received['event'][] =>
  receiver.received.map((r) => r.event).filter((e) => e.data.name === model);

/** One transition of the lifecycle, as a workflow's activity commits it. */
const step = (
  model: string,
  event: string,
  changes: readonly Change[],
  by: Transition['by'] = 'automation',
) => {
  const decision = `release/${model}/1`;
  const statement: AuditStatement = {
    decision,
    event,
    actor: by === 'person' ? { kind: 'person', id: 'olga' } : { kind: 'workflow', id: 'release' },
    reason: `because of ${event}`,
    evidence: {},
  };
  return world.store.commit({ key: `${decision}/${event}`, statement, changes, by });
};

const stage = (model: string, to: Extract<Change, { kind: 'stage' }>['stage']): Change => ({
  kind: 'stage',
  model,
  version: '1',
  stage: to,
});

test('states, quarantine and the end of a release are told with who and why, in order, to who subscribed before', async () => {
  const model = 'judged';
  await world.register(model, { 'assay.family': 'ranking' });
  await world.stages(model, '1', 'ranking', ['validated']);
  const id = await subscribe(model, STATES);
  const release: Release = {
    id: `release/${model}/1`,
    model,
    version: '1',
    endpoint: 'home',
    family: 'ranking',
    profile: 'demo',
    requestedBy: 'ada',
    requestedAtMs: 1,
    state: { kind: 'requested' },
  };
  await step(model, 'release.requested', [{ kind: 'release-open', release }]);
  await step(model, 'shadow.started', [stage(model, 'shadow')]);
  await step(model, 'canary.started', [stage(model, 'canary')]);
  const state = { kind: 'rolled-back', gate: 'canary', reason: 'worse', effect: null } as const;
  await step(model, 'release.rolled-back', [
    stage(model, 'rolled-back'),
    { kind: 'release', id: release.id, state },
  ]);
  await step(model, 'quarantine.released', [stage(model, 'registered')], 'person');
  await until('all arrive', () => of(model).length >= 9);
  expect(of(model).map((e) => [`${e.entity}.${e.action}`, e.data.state, e.data.by])).toEqual([
    ['release.changed', 'requested', 'release'],
    ['model_version_state.changed', 'shadow', 'release'],
    ['model_version_state.changed', 'canary', 'release'],
    ['model_version_state.changed', 'rolled-back', 'release'],
    ['model_version.quarantined', 'rolled-back', 'release'],
    ['release.changed', 'rolled-back', 'release'],
    ['release.finished', 'rolled-back', 'release'],
    ['model_version_state.changed', 'registered', 'olga'],
    ['model_version.unquarantined', 'registered', 'olga'],
  ]);
  const finished = of(model)[6];
  expect(finished).toMatchObject({
    source: '/assay/lifecycle',
    type: 'dev.assay.lifecycle.release.finished',
    subject: 'judged/1',
    data: {
      release: 'release/judged/1',
      endpoint: 'home',
      gate: 'canary',
      standing: 'rolled-back at canary: worse',
      role: 'workflow',
      why: 'because of release.rolled-back',
      audit_event: 'release.rolled-back',
    },
  });
  const record = await world.store.auditOf(release.id);
  expect(record.map((e) => e.sequence)).toContain(finished?.data.audit_sequence);
  expect(of(model)[3]?.data).toMatchObject({ previous_state: 'canary', quarantined: true });
  await ask('DELETE', `${ASSAY}/${id}`);
});

test('an alias that a release moves says for which transition; one written past the API is told, and its putting back', async () => {
  const model = 'moved';
  await world.register(model, { 'assay.family': 'ranking' });
  await world.stages(model, '1', 'ranking', ['validated']);
  const id = await subscribe(model, ['model_version_alias.created', 'model_version_alias.deleted']);
  await step(model, 'release.first-champion', [stage(model, 'champion')]);
  await world.watch.compare();
  await until('the release is told', () => of(model).length === 1);
  expect(of(model)[0]?.data).toMatchObject({
    alias: 'champion',
    version: '1',
    role: 'service',
    why: 'release.first-champion by workflow release: because of release.first-champion',
    origin: 'assay',
  });
  await world.psql.query("DELETE FROM registry.aliases WHERE name = 'moved'");
  await world.watch.compare();
  await until('both are told', () => of(model).length === 3);
  expect(
    of(model)
      .slice(1)
      .map((e) => [e.action, e.data.origin, e.data.previous_version ?? null]),
  ).toEqual([
    ['deleted', 'direct', '1'],
    ['created', 'assay', null],
  ]);
  expect(of(model)[1]?.data.by).toContain('psql');
  await ask('DELETE', `${ASSAY}/${id}`);
});

test('moving a gated alias by hand tells of the request by its tag, and of no alias until the release moves it', async () => {
  const model = 'wished';
  await world.register(model, { 'assay.family': 'ranking', 'assay.snapshot_dir': 'snapshots/x' });
  const id = await subscribe(model, ['model_version_tag.set', 'model_version_alias.created']);
  expect((await alias(ask, model, 'champion', '1')).status).toBe(200);
  const tag = () => of(model).find((e) => e.data.key === 'assay.release');
  await until('the tag is told', () => tag() !== undefined);
  expect(tag()?.data).toMatchObject({ by: 'ada', value: expect.stringContaining('requested: "champion"') });
  expect(of(model).filter((e) => e.entity === 'model_version_alias')).toEqual([]);
  await world.clearRequests();
  await ask('DELETE', `${ASSAY}/${id}`);
});
