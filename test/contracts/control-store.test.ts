import { PostgresControlStore } from '@assay/adapters/postgres/control-store';
import { type AuditStatement, verifyChain } from '@assay/domain/audit';
import type { Change, Transition } from '@assay/domain/ports/control-store';
import type { Release, ReleaseState } from '@assay/domain/release';
import type { ServedVersion } from '@assay/domain/route-plan';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../plane/postgres.ts';

let postgres: TestPostgres;
let store: PostgresControlStore;

beforeAll(async () => {
  postgres = await startTestPostgres();
  store = await PostgresControlStore.connect(postgres.url);
}, 90_000);

afterAll(async () => {
  await store?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

const statement = (decision: string, event = 'test.event'): AuditStatement => ({
  decision,
  event,
  actor: { kind: 'person', id: 'ada' },
  reason: 'for the test',
  evidence: { small: 1e-7, z: 1, a: ['ü', null, true] },
});

const transition = (key: string, decision: string, changes: readonly Change[]): Transition => ({
  key,
  statement: statement(decision),
  changes,
  by: 'automation',
});

const served = (model: string, version: string): ServedVersion => ({
  model,
  version,
  path: `${version}.onnx`,
});

async function shop(name: string): Promise<void> {
  await store.createEndpoint(
    { name, family: 'ranking', owner: 'team', policy: { rules: [] }, autonomy: 'auto', profile: 'demo' },
    statement(name),
  );
  for (const version of ['1', '2'])
    await store.trackVersion(
      { model: name, version, family: 'ranking', createdBy: 'ada', digest: 'd' },
      statement(`${name}/${version}`),
    );
}

const release = (endpoint: string, version: string): Release => ({
  id: `release/${endpoint}/${version}`,
  model: endpoint,
  version,
  endpoint,
  family: 'ranking',
  profile: 'demo',
  requestedBy: 'ada',
  requestedAtMs: 1,
  state: { kind: 'requested' },
});

const open = (endpoint: string, version: string, key = `open/${endpoint}/${version}`): Transition =>
  transition(key, `release/${endpoint}/${version}`, [
    { kind: 'release-open', release: release(endpoint, version) },
  ]);

const withChampion = async (name: string): Promise<void> => {
  await shop(name);
  await store.commit(
    transition(`first/${name}`, name, [
      { kind: 'stage', model: name, version: '1', stage: 'validated' },
      { kind: 'stage', model: name, version: '1', stage: 'champion' },
      { kind: 'first-route', endpoint: name, version: served(name, '1') },
    ]),
  );
};

test('the same key twice is one transition: the second answers the first entry', async () => {
  await shop('twice');
  const first = await store.commit(open('twice', '1'));
  const second = await store.commit(open('twice', '1'));
  expect(second).toEqual(first);
  expect(await store.auditOf('release/twice/1')).toHaveLength(1);
});

test('an endpoint has one open release', async () => {
  await shop('busy');
  await store.commit(open('busy', '1'));
  await expect(store.commit(open('busy', '2'))).rejects.toMatchObject({ code: 'ENDPOINT_BUSY' });
  expect(await store.releases({ endpoint: 'busy', open: true })).toHaveLength(1);
});

test('an aborted release is over: no change, no look, nothing', async () => {
  await shop('aborted');
  await store.commit(open('aborted', '1'));
  const state: ReleaseState = { kind: 'aborted', by: 'ada', reason: 'enough' };
  await store.commit(
    transition('abort', 'release/aborted/1', [{ kind: 'release', id: 'release/aborted/1', state }]),
  );
  const later: Change = { kind: 'release', id: 'release/aborted/1', state: { kind: 'validating' } };
  const refused = { code: 'TRANSITION_REFUSED' };
  await expect(store.commit(transition('l1', 'release/aborted/1', [later]))).rejects.toMatchObject(refused);
  await expect(store.commit(transition('l2', 'release/aborted/1', []))).rejects.toMatchObject(refused);
  expect((await store.release('release/aborted/1')).state).toEqual(state);
});

test('a stage that the state machine does not have is refused, and nothing of its transaction stays', async () => {
  await withChampion('stages');
  const before = await store.routePlan();
  const jump = transition('jump', 'stages', [
    { kind: 'route', endpoint: 'stages', change: { kind: 'promote', version: served('stages', '2') } },
    { kind: 'stage', model: 'stages', version: '2', stage: 'champion' },
  ]);
  await expect(store.commit(jump)).rejects.toMatchObject({ code: 'TRANSITION_REFUSED' });
  expect(await store.routePlan()).toEqual(before);
  expect((await store.endpoint('stages')).route?.champion.version).toBe('1');
});

test('a version rolled back is quarantined from automation, not from a person', async () => {
  await withChampion('quarantine');
  const to = (stage: 'rolled-back' | 'registered'): Change => ({
    kind: 'stage',
    model: 'quarantine',
    version: '1',
    stage,
  });
  await store.commit(transition('q1', 'quarantine', [to('rolled-back')]));
  const back = transition('q2', 'quarantine', [to('registered')]);
  await expect(store.commit(back)).rejects.toMatchObject({ code: 'QUARANTINED' });
  await store.commit({ ...back, by: 'person' });
  expect((await store.version('quarantine', '1')).stage).toBe('registered');
});

test('every route change is one more version of the whole plan', async () => {
  await withChampion('routes');
  const before = await store.routePlan();
  const change = { kind: 'shadow', version: served('routes', '2'), sample: 1 } as const;
  await store.commit(transition('shadow', 'routes', [{ kind: 'route', endpoint: 'routes', change }]));
  const after = await store.routePlan();
  expect(after.version).toBe(before.version + 1);
  expect(after.endpoints.find((e) => e.name === 'routes')?.shadows).toMatchObject([{ version: '2' }]);
});

test('a route needs a champion, and a first champion comes once', async () => {
  await shop('first');
  const change = { kind: 'withdraw', version: served('first', '2') } as const;
  const refused = { code: 'TRANSITION_REFUSED' };
  await expect(
    store.commit(transition('f1', 'first', [{ kind: 'route', endpoint: 'first', change }])),
  ).rejects.toMatchObject(refused);
  const first: Change = { kind: 'first-route', endpoint: 'first', version: served('first', '1') };
  await store.commit(transition('f2', 'first', [first]));
  await expect(store.commit(transition('f3', 'first', [first]))).rejects.toMatchObject(refused);
});

test('what does not exist is not found, what exists is not made twice', async () => {
  await shop('names');
  await expect(shop('names')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  await expect(store.endpoint('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(store.release('release/no/1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(store.experiment('no')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(store.version('no', '1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('20 commits at once make a chain without a gap, and a changed row breaks it', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, i) => store.commit(transition(`p${i}`, 'parallel', []))));
  const chain = await store.auditAfter(0, 10_000);
  expect(chain.map((e) => e.sequence)).toEqual(chain.map((_, i) => i + 1));
  expect(verifyChain(chain)).toBeUndefined();
  const forged = chain.map((e) => (e.sequence === 3 ? { ...e, reason: 'another' } : e));
  expect(verifyChain(forged)).toMatchObject({ sequence: 3 });
});

test('neither the service role nor the owner can change or delete an audit row', async () => {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    for (const role of ['none', 'assay_service'])
      for (const sql of ["update assay.audit_log set reason = 'x'", 'delete from assay.audit_log']) {
        await client.query(`set role ${role}`);
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
      }
  } finally {
    await client.end();
  }
});

test('the key of unit keys is made once', async () => {
  const key = await store.unitKeySecret();
  expect(key).toHaveLength(32);
  await using again = await PostgresControlStore.connect(postgres.url);
  expect((await again.unitKeySecret()).equals(key)).toBe(true);
});
