import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PostgresControlStore } from '@assay/adapters/postgres/control-store';
import { httpModelRegistry } from '@assay/adapters/registry/http-model-registry';
import { TemporalWorkflows } from '@assay/adapters/temporal/workflows';
import { freePort } from '@assay/cli/supervisor/free-port';
import { buildApp } from '@assay/control-plane-server/app';
import { EventFeed } from '@assay/control-plane-server/event-feed';
import { Identities } from '@assay/control-plane-server/identities';
import { LiveServers } from '@assay/control-plane-server/read-models/live-servers';
import { PROFILES } from '@assay/domain/delivery-profile';
import { defaultPlan } from '@assay/domain/design';
import { FAMILIES } from '@assay/domain/families/all';
import type { Change } from '@assay/domain/ports/control-store';
import type { Role } from '@assay/domain/roles';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assay } from '../plane/assay.ts';
import { startTestRegistry } from './registry-server.ts';

// The verbs that talk to an Assay, against a real control plane on a real PostgreSQL; Temporal is away

const stack = new AsyncDisposableStack();
const state = mkdtempSync(join(tmpdir(), 'assay-cli-running-'));
stack.defer(() => rmSync(state, { recursive: true, force: true }));
const ROLES: readonly Role[] = ['admin', 'data-scientist', 'product-owner', 'serving-client', 'auditor'];
const RELEASE = 'release/m/2';
let databaseUrl: string;
const model = (name: string): string =>
  fileURLToPath(new URL(`../reference/models/${name}.onnx`, import.meta.url));
let controlPlane: string;

const run = (line: string) => assay([...line.split(' '), '--state', state]);
const asJson = async (line: string): Promise<unknown> => JSON.parse((await run(`${line} --json`)).stdout);

beforeAll(async () => {
  const people = Object.fromEntries(ROLES.map((role) => [`t-${role}`, { subject: `demo-${role}`, role }]));
  const registry = stack.use(await startTestRegistry({ ASSAY_TOKENS: JSON.stringify(people) }));
  databaseUrl = registry.database;
  const store = stack.use(await PostgresControlStore.connect(databaseUrl));
  const workflows = stack.use(new TemporalWorkflows(`127.0.0.1:${await freePort()}`));
  const identities = new Identities(new Map(Object.entries(people)), 'open');
  const servers = new LiveServers(Date.now);
  const uiDir = join(state, 'ui');
  mkdirSync(uiDir, { recursive: true });
  writeFileSync(join(uiDir, '200.html'), '<title>the page</title>');
  const feed = new EventFeed(store);
  const held = httpModelRegistry({ baseUrl: registry.url, token: 't-admin' });
  const deps = { store, workflows, registry: held, identities, servers, feed, uiDir };
  const app = await buildApp(deps, 'silent');
  stack.defer(() => app.close());
  controlPlane = await app.listen({ host: '127.0.0.1', port: 0 });
  const tokens = Object.fromEntries(ROLES.map((role) => [role, `t-${role}`]));
  writeFileSync(
    join(state, 'endpoints.json'),
    JSON.stringify({
      version: 1,
      controlPlane,
      registry: registry.url,
      registryKind: 'assay',
      tokens,
      state,
    }),
  );
  await tell(store);
}, 90_000);
afterAll(() => stack.disposeAsync());

/** A champion, a candidate in shadow, and an experiment that is locked. */
async function tell(store: PostgresControlStore): Promise<void> {
  const said = (decision: string) => ({
    decision,
    event: 'test',
    actor: { kind: 'person', id: 'ada' } as const,
    reason: 'because of the test',
    evidence: {},
  });
  const { policy } = FAMILIES.ranking;
  await store.createEndpoint(
    { name: 'shop', family: 'ranking', owner: 'team', policy, autonomy: 'propose', profile: 'demo' },
    said('shop'),
  );
  for (const version of ['1', '2'])
    await store.trackVersion(
      { model: 'm', version, family: 'ranking', createdBy: 'demo-data-scientist', digest: 'd'.repeat(64) },
      said('m'),
    );
  const commit = (key: string, decision: string, changes: readonly Change[]) =>
    store.commit({ key, statement: said(decision), changes, by: 'automation' });
  await commit('champion', 'shop', [
    { kind: 'stage', model: 'm', version: '1', stage: 'validated' },
    { kind: 'stage', model: 'm', version: '1', stage: 'champion' },
    { kind: 'first-route', endpoint: 'shop', version: { model: 'm', version: '1', path: '1.onnx' } },
  ]);
  await commit('open', RELEASE, [
    {
      kind: 'release-open',
      release: {
        id: RELEASE,
        model: 'm',
        version: '2',
        endpoint: 'shop',
        family: 'ranking',
        profile: 'demo',
        requestedBy: 'demo-data-scientist',
        requestedAtMs: Date.now(),
        state: { kind: 'requested' },
      },
    },
  ]);
  const plan = defaultPlan({
    spec: FAMILIES.ranking,
    endpoint: 'shop',
    owner: 'team',
    champion: { model: 'm', version: '1' },
    candidate: { model: 'm', version: '2' },
    profile: PROFILES.demo,
  });
  const planDigest = 'p'.repeat(64);
  await commit('plan', 'm-v2', [
    { kind: 'experiment-open', plan, release: RELEASE },
    { kind: 'experiment', id: plan.id, state: { kind: 'registered', planDigest } },
  ]);
}

test('model register brings ONNX files in; list and show tell champion and stage', async () => {
  expect(
    await asJson(`model register ${model('ranking-affinity')} --model m --family ranking`),
  ).toMatchObject({
    ok: true,
    version: '1',
  });
  const list = await run('model list');
  expect(list.code).toBe(0);
  expect(list.stdout).toMatch(/m +ranking +1 +1 +1/);
  expect((await run('model show m')).stdout).toMatch(/1 +champion +demo-data-scientist +d{12}/);
  expect(await asJson('model show m')).toMatchObject({
    name: 'm',
    versions: [{ version: '1' }, { version: '2' }],
  });
  const unknown = await run('model show nosuch');
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('Cannot find model "nosuch"') });
});

test('model compare shows two versions side by side, and what differs', async () => {
  const said = '--model priced --family pricing --metric revenue=';
  await run(`model register ${model('pricing-elastic')} ${said}1.5 --param depth=3`);
  await run(`model register ${model('pricing-inelastic')} ${said}2.5 --param depth=3`);
  const compared = (await asJson('model compare priced 1 2')) as { differs: string[]; versions: object[] };
  expect(compared.differs).toEqual(expect.arrayContaining(['digest', 'metrics.revenue']));
  for (const same of ['signature', 'params.depth', 'stage', 'created by'])
    expect(compared.differs).not.toContain(same);
  expect(compared.versions[1]).toMatchObject({ createdBy: 'demo-data-scientist', metrics: { revenue: 2.5 } });
  expect((await run('model compare priced 1 2')).stdout).toMatch(/≠ +metrics.revenue +1.5 +2.5/);
  expect(await run('model compare priced 1 9')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('NOT_FOUND'),
  });
});

test('model sign keeps the signature in the version, and model verify holds it against the files', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  writeFileSync(join(state, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(state, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await run(`model register ${model('pricing-elastic')} --model signed --family pricing`);
  const verify = `model verify signed 1 --key ${join(state, 'key.pub')}`;
  expect(await run(verify)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused SIGNATURE_INVALID: Cannot verify signed/1: it is not signed'),
  });
  expect(await asJson(`model sign signed 1 --key ${join(state, 'key.pem')}`)).toMatchObject({
    ok: true,
    version: 'signed/1',
    // What the registration wrote is covered too
    resources: [{ name: 'MLmodel' }, { name: 'model.onnx' }, { name: 'signature.json' }],
  });
  expect(await run(verify)).toMatchObject({ code: 0, stderr: expect.stringContaining('3 files as signed') });
});

test('model register refuses what no family can serve, and registers nothing then', async () => {
  const empty = mkdtempSync(join(state, 'empty-'));
  const noise = join(state, 'noise.onnx');
  writeFileSync(noise, 'no model at all');
  const cases: readonly (readonly [string, string])[] = [
    [model('ranking-affinity'), 'MODEL_CHECK_REFUSED'],
    [noise, 'MODEL_CHECK_REFUSED'],
    [empty, 'TRAINER_NO_MODEL'],
    [join(state, 'nosuch.onnx'), 'NOT_FOUND'],
    [`${model('pricing-elastic')} --metric revenue=much`, 'REQUEST_INVALID'],
  ];
  for (const [path, code] of cases) {
    const refused = await run(`model register ${path} --model refused --family pricing`);
    expect(refused, path).toMatchObject({ code: 1, stderr: expect.stringContaining(`refused ${code}: `) });
  }
  const listed = (await asJson('model list')) as { name: string }[];
  expect(listed.map((m) => m.name)).not.toContain('refused');
});

test('model show --at tells what was in force, and refuses what is no instant', async () => {
  const now = await run(`model show m --at ${Date.now()}`);
  expect(now.stdout).toMatch(/1 +champion +\S+ +person ada +because of the test/);
  expect(now.stdout).toMatch(/champion +1 +/);
  expect(await asJson('model show m --at 2020-01-01')).toMatchObject({
    model: 'm',
    aliases: [],
    versions: [],
  });
  expect(await asJson(`model show m 1 --at ${Date.now()}`)).toMatchObject({ versions: [{ version: '1' }] });
  expect(await run('model show m --at soon')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused REQUEST_INVALID: Cannot look at "soon"'),
  });
});

test('only what was rolled back leaves quarantine, and only by an administrator', async () => {
  expect(await run('release unquarantine m 1 --reason why')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused TRANSITION_REFUSED'),
  });
  expect(await run('release unquarantine m 1 --reason why --as data-scientist')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused PERMISSION_DENIED'),
  });
});

test('release list and show tell the state and the decision record', async () => {
  expect((await run('release list')).stdout).toMatch(/release\/m\/2 +shop +requested +demo-data-scientist/);
  const shown = await run('release show m 2');
  expect(shown.stdout).toContain('release/m/2: requested');
  expect(shown.stdout).toContain('because of the test');
  expect(await asJson('release show m 2')).toMatchObject({
    release: { id: RELEASE },
    record: [{ sequence: 5 }],
  });
});

test('a role is asked for by name, and may not do what is not its own', async () => {
  expect(await run('release abort m 2 --reason no --as auditor')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/refused PERMISSION_DENIED: .*auditor/),
  });
});

test('four eyes: who trained it cannot approve it', async () => {
  expect(await run('release approve m 2 canary --as data-scientist')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused APPROVAL_REFUSED'),
  });
});

test('a request that names another endpoint is refused; the same one is answered as it stands', async () => {
  const other = await run('release request m 2 --endpoint elsewhere --snapshot s');
  expect(other).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/refused RELEASED_ELSEWHERE: .*its release is on "shop"/),
  });
  const same = await run('release request m 2 --endpoint shop --snapshot s');
  expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('release/m/2 is requested') });
});

test('abort ends a release, twice too; asked for again it is refused', async () => {
  for (let i = 0; i < 2; i++)
    expect(await run('release abort m 2 --reason over')).toMatchObject({
      code: 0,
      stdout: 'release/m/2 is aborted; the champion answers alone\n',
    });
  expect(await run('release request m 2 --endpoint shop --snapshot s')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('it ended as "aborted"'),
  });
});

test('experiment list, show and stop', async () => {
  expect((await run('experiment list')).stdout).toMatch(/m-v2 +shop +registered +–/);
  const shown = await run('experiment show m-v2');
  expect(shown.stdout).toContain('m-v2 on shop: registered');
  expect(shown.stdout).toContain('no look yet');
  expect(await run('experiment stop m-v2 --reason over --as auditor')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused PERMISSION_DENIED'),
  });
  expect(await run('experiment stop m-v2 --reason over')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('refused UNREACHABLE'),
  });
});

test('audit verify holds, and names the entry that was changed', async () => {
  const holds = await run('audit verify');
  expect(holds.code).toBe(0);
  expect(holds.stdout).toMatch(/^holds: \d+ entries, head [0-9a-f]{64}\n$/);
  const client = new pg.Client(databaseUrl);
  await client.connect();
  // Only a superuser who switches the trigger off can do this; the chain tells all the same
  await client.query('set session_replication_role = replica');
  await client.query("update assay.audit_log set reason = 'another' where sequence = 2");
  await client.end();
  const broken = await run('audit verify');
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain('BROKEN at entry 2');
  expect((await run('audit verify --json')).code).toBe(1);
});

test('an address that only the page knows answers the page; a script that is away does not', async () => {
  const page = await fetch(`${controlPlane}/releases/m/2`);
  expect([page.status, await page.text()]).toEqual([200, '<title>the page</title>']);
  const script = await fetch(`${controlPlane}/_app/immutable/entry/old.js`);
  expect(script.status).toBe(404);
  expect(await script.json()).toMatchObject({ code: 'NOT_FOUND' });
});

test('a control plane that is gone is named', async () => {
  const gone = mkdtempSync(join(tmpdir(), 'assay-cli-gone-'));
  stack.defer(() => rmSync(gone, { recursive: true, force: true }));
  const nobody = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(
    join(gone, 'endpoints.json'),
    JSON.stringify({ version: 1, controlPlane: nobody, tokens: { admin: 'x' } }),
  );
  expect(await assay(['release', 'list', '--state', gone])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/refused UNREACHABLE: .*127\.0\.0\.1:\d+[\s\S]*remedy: .*assay doctor/),
  });
});
