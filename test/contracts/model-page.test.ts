import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { httpModelRegistry } from '@assay/adapters/registry/http-model-registry';
import { httpRegistryReader } from '@assay/adapters/registry/http-registry-reader';
import { buildApp } from '@assay/control-plane-server/app';
import { EventFeed } from '@assay/control-plane-server/event-feed';
import { Identities } from '@assay/control-plane-server/identities';
import { LiveServers } from '@assay/control-plane-server/read-models/live-servers';
import type { OpenLineageEvent } from '@assay/control-plane-server/read-models/open-lineage';
import type { Change } from '@assay/domain/ports/control-store';
import type { AsOfView, ModelVersionView } from '@assay/domain/read-models';
import type { ReleaseState } from '@assay/domain/release';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toolsPython } from '../plane/pythons.ts';
import { GateWorld } from './gate-world.ts';
import { TOKENS } from './registry-server.ts';

const TAGS = {
  'assay.family': 'ranking',
  'assay.snapshot': 'd1'.repeat(32),
  'assay.snapshot_dir': 'snapshots/ranking-1',
  'assay.sla': '50 ms at the 99th percentile',
  'assay.limits': 'not for | new markets\nnor minors',
  'assay.license': 'apache-2.0',
  'assay.parents': 'ranker/1',
};
const LOCK =
  '# requirements.lock.txt\nnumpy==2.4.6 \\\n    --hash=sha256:00\nonnx==1.19.1 ; python_version < "4"\n';
const LOCK_DIGEST = createHash('sha256').update(LOCK).digest('hex');
const ID = 'release/ranker/2';
let world: GateWorld;
let app: Awaited<ReturnType<typeof buildApp>>;
/** Instants between the steps, by the database's clock. */
const at: Record<string, number> = {};

const get = async <T>(path: string) => {
  const reply = await app.inject({ method: 'GET', url: `/api/v1${path}`, headers: { host: '127.0.0.1' } });
  const isJson = reply.headers['content-type']?.toString().includes('json') ?? false;
  return { status: reply.statusCode, text: reply.body, body: (isJson ? reply.json() : {}) as T };
};

const step = (
  name: string,
  event: string,
  changes: readonly Change[],
  evidence: Record<string, string> = {},
) =>
  world.store.commit({
    key: `${ID}/${name}`,
    statement: {
      decision: ID,
      event,
      actor: { kind: 'workflow', id: 'release' },
      reason: `because of ${name}`,
      evidence,
    },
    changes,
    by: 'automation',
  });
const toState = (state: ReleaseState): Change => ({ kind: 'release', id: ID, state });

/** The clock ticks in milliseconds: an instant after everything so far and before everything that follows. */
async function mark(name: string): Promise<void> {
  const { rows } = await world.psql.query<{ ms: string }>(
    `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms, pg_sleep(0.02)`,
  );
  at[name] = Number(rows[0]?.ms);
}

beforeAll(async () => {
  world = await GateWorld.start();
  const registry = { baseUrl: world.registry.url, token: TOKENS.service };
  app = await buildApp(
    {
      store: world.store,
      workflows: world.workflows,
      registry: httpModelRegistry(registry),
      reader: httpRegistryReader(registry),
      ledger: world.ledger,
      identities: new Identities(new Map(), 'open'),
      servers: new LiveServers(Date.now),
      feed: new EventFeed(world.store),
      uiDir: undefined,
    },
    'silent',
  );
  await world.endpoint('shop', 'ranking');
  await world.register('ranker', TAGS);
  await world.register('ranker', TAGS, true, undefined, {
    'fairness.json': '{"groups":2,"largestGap":0.01}',
    'robustness.json': 'not JSON: shown as it is',
    'requirements.txt': 'onnx==1.19.1',
  });
  // As Assay's own trainings leave it, once as it was, once with another digest in the tag
  for (const said of [LOCK_DIGEST, 'f'.repeat(64)])
    await world.register('trained', { ...TAGS, 'assay.environment': said }, true, undefined, {
      'requirements.lock.txt': LOCK,
    });
  await world.ask('POST', 'registered-models/set-tag', {
    name: 'ranker',
    key: 'assay.owner',
    value: 'search-team',
  });
  await mark('registered');
  await world.stages('ranker', '1', 'ranking', ['validated', 'champion']);
  const served = (version: string) => ({ model: 'ranker', version, path: `${version}.onnx` });
  await step('first', 'test.first', [{ kind: 'first-route', endpoint: 'shop', version: served('1') }]);
  await world.alias('ranker', 'champion', '1', TOKENS.service);
  await world.alias('ranker', 'mine', '1');
  await mark('first champion');
  await world.stages('ranker', '2', 'ranking', []);
  const release = {
    id: ID,
    model: 'ranker',
    version: '2',
    endpoint: 'shop',
    family: 'ranking',
    profile: 'demo',
    requestedBy: 'ada',
    requestedAtMs: at['first champion'] ?? 0,
    state: { kind: 'requested' },
  } as const;
  await step('requested', 'release.requested', [{ kind: 'release-open', release }]);
  await step('validating', 'release.validating', [toState({ kind: 'validating' })], {
    snapshot: 'snapshots/ranking-1',
  });
  await step(
    'validated',
    'release.validated',
    [{ kind: 'stage', model: 'ranker', version: '2', stage: 'validated' }],
    { facts: 'auc 0.7' },
  );
  await step('shadow', 'shadow.started', [
    { kind: 'stage', model: 'ranker', version: '2', stage: 'shadow' },
    toState({ kind: 'shadowing', sinceMs: 1 }),
  ]);
  await mark('in shadow');
  await step('canary', 'canary.step', [{ kind: 'stage', model: 'ranker', version: '2', stage: 'canary' }]);
  await step('promoted', 'release.promoted', [
    { kind: 'stage', model: 'ranker', version: '1', stage: 'retired' },
    { kind: 'stage', model: 'ranker', version: '2', stage: 'champion' },
    { kind: 'route', endpoint: 'shop', change: { kind: 'promote', version: served('2') } },
    toState({ kind: 'champion', gate: 'experiment', effect: null }),
  ]);
  await world.alias('ranker', 'champion', '2', TOKENS.service);
  await world.ask('DELETE', 'registered-models/alias', { name: 'ranker', alias: 'mine' });
  await mark('second champion');
}, 90_000);

afterAll(async () => {
  await app?.close();
  await world?.[Symbol.asyncDispose]();
});

describe('as of an instant', () => {
  const asOf = async (name: string) =>
    (await get<AsOfView>(`/models/ranker/as-of?at=${new Date(at[name] ?? 0).toISOString()}`)).body;
  const brief = ({ aliases, versions }: AsOfView) => ({
    aliases: Object.fromEntries(aliases.map((a) => [a.alias, [a.version, a.lifecycle?.version]])),
    versions: Object.fromEntries(versions.map((v) => [v.version, [v.stage, v.release?.state.kind]])),
  });

  test.for([
    ['registered', {}, {}],
    ['first champion', { champion: ['1', '1'], mine: ['1', undefined] }, { 1: ['champion', undefined] }],
    [
      'in shadow',
      { challenger: ['2', '2'], champion: ['1', '1'], mine: ['1', undefined] },
      { 1: ['champion', undefined], 2: ['shadow', 'shadowing'] },
    ],
    [
      'second champion',
      { challenger: [null, null], champion: ['2', '2'], mine: [null, undefined] },
      { 1: ['retired', undefined], 2: ['champion', 'champion'] },
    ],
  ] as const)('%s', async ([name, aliases, versions]) => {
    expect(brief(await asOf(name))).toEqual({ aliases, versions });
  });

  test('each says who and why, and points at the audit row', async () => {
    const { aliases, versions } = await asOf('in shadow');
    const record = await world.store.auditOf(ID);
    const started = record.find((e) => e.event === 'shadow.started');
    expect(versions[1]).toMatchObject({
      by: 'workflow release',
      why: 'because of shadow',
      sequence: started?.sequence,
    });
    expect(aliases.find((a) => a.alias === 'mine')).toMatchObject({
      by: 'data-scientist ada',
      why: 'set through the API',
      origin: 'assay',
    });
    expect(aliases.find((a) => a.alias === 'challenger')?.lifecycle).toMatchObject({
      why: 'because of shadow',
    });
  });

  test('a model that is registered and was never released has a past without events', async () => {
    const { status, body } = await get<AsOfView>('/models/trained/as-of?at=2020-03-03');
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: 'trained', hasAliasHistory: true, aliases: [], versions: [] });
  });

  test.for([
    ['/models/ranker/as-of?at=yesterday', 400, 'REQUEST_INVALID'],
    ['/models/ranker/as-of?at=2026-03-03T12:00:00', 400, 'REQUEST_INVALID'],
    ['/models/ranker/as-of?at=2999-01-01', 400, 'REQUEST_INVALID'],
    ['/models/ranker/as-of', 400, 'REQUEST_INVALID'],
    ['/models/nobody/as-of?at=2026-01-01', 404, 'NOT_FOUND'],
    ['/models/ranker/99', 404, 'NOT_FOUND'],
    ['/models/ranker/one', 400, 'REQUEST_INVALID'],
    ['/models/ranker/2/lineage?format=dot', 400, 'REQUEST_INVALID'],
  ] as const)('refused: %s', async ([path, status, code]) => {
    expect(await get(path)).toMatchObject({ status, body: { code } });
  });
});

describe('the page of a version', () => {
  test('tells what is known, and null where nobody said it', async () => {
    const { body } = await get<ModelVersionView>('/models/ranker/2');
    expect(body).toMatchObject({
      quarantined: false,
      authors: ['ada'],
      aliases: ['champion'],
      endpoints: [{ name: 'shop', as: 'champion' }],
      release: { id: ID },
      card: {
        details: {
          family: 'ranking',
          owner: 'search-team',
          licence: 'apache-2.0',
          format: 'ONNX',
          parents: ['ranker/1'],
          codeRevision: null,
        },
        operation: { sla: TAGS['assay.sla'], retrainCycle: null, endpoints: ['shop'] },
        intendedUse: { purpose: null },
        data: [{ name: 'snapshots/ranking-1', digest: TAGS['assay.snapshot'] }],
        validation: { facts: 'auc 0.7' },
        fairness: { groups: 2, largestGap: 0.01 },
        robustness: 'not JSON: shown as it is',
        signature: null,
      },
    });
    expect(body.card.details.environment).toMatchObject([{ path: 'requirements.txt' }]);
    expect(body.environment).toMatchObject({
      path: 'requirements.txt',
      asTrained: null,
      packages: ['onnx==1.19.1'],
    });
    expect(body.card.details.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the lock of the environment that trained it, and whether it is the one that the training named', async () => {
    const trained = (version: string) => get<ModelVersionView>(`/models/trained/${version}`);
    const { environment, card } = (await trained('1')).body;
    expect(environment).toEqual({
      path: 'requirements.lock.txt',
      digest: LOCK_DIGEST,
      asTrained: true,
      packages: ['numpy==2.4.6', 'onnx==1.19.1'],
      content: LOCK,
    });
    expect(card.details.environment).toEqual([{ path: 'requirements.lock.txt', digest: LOCK_DIGEST }]);
    expect((await trained('2')).body.environment).toMatchObject({ digest: LOCK_DIGEST, asTrained: false });
  });

  test('the card as Markdown escapes what would break its tables', async () => {
    const { text, status } = await get('/models/ranker/2/card.md');
    expect(status).toBe(200);
    expect(text).toContain('license: "apache-2.0"');
    expect(text).toContain('**Limits**: not for \\| new markets nor minors');
    expect(text).toContain('| retrain cycle | *not stated* |');
  });
});

/** Reads events into the classes that the OpenLineage project generates from its schema; what does not fit is said. */
async function readByOpenLineage(events: readonly object[]): Promise<string> {
  const script = fileURLToPath(new URL('../reference/openlineage/events.py', import.meta.url));
  const child = spawn(await toolsPython(), [script], { stdio: 'pipe' });
  child.stdin.end(JSON.stringify(events));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out.trim() || (err.trim().split('\n').at(-1) ?? '');
}

describe('lineage', () => {
  test('links data, run, version, release and endpoint', async () => {
    const { body } = await get<{
      edges: { from: string; to: string; relation: string; sequence: number | null }[];
    }>('/models/ranker/2/lineage');
    const promoted = (await world.store.auditOf(ID)).find((e) => e.event === 'release.promoted');
    const found = body.edges.map((e) => `${e.from.split(':')[0]} ${e.relation} ${e.to.split(':')[0]}`);
    expect(found).toEqual([
      'run produced version',
      'dataset trained on run',
      'version parent of version',
      'version judged by release',
      'dataset measured on release',
      'release decided endpoint',
      'version serves endpoint',
    ]);
    expect(body.edges.find((e) => e.relation === 'decided')?.sequence).toBe(promoted?.sequence);
  });

  test('as OpenLineage: every event fits the schema, each run starts and ends', async () => {
    const { body: events } = await get<OpenLineageEvent[]>('/models/ranker/2/lineage?format=openlineage');
    expect(await readByOpenLineage(events)).toBe('OK');
    const training = events.filter((e) => e.job.name === 'train/ranker');
    expect(training.map((e) => [e.eventType, e.eventTime])).toEqual([
      ['START', '1970-01-01T00:00:01.000Z'],
      ['COMPLETE', '1970-01-01T00:00:02.000Z'],
    ]);
    expect(training[0]?.inputs[0]?.facets?.version).toMatchObject({ datasetVersion: TAGS['assay.snapshot'] });
    const ofRelease = events.filter((e) => e.job.name === 'release/ranker');
    expect(ofRelease.map((e) => e.eventType)).toEqual(['START', 'COMPLETE']);
    expect(new Set(ofRelease.map((e) => e.run.runId)).size).toBe(1);
    expect(ofRelease[1]?.outputs).toEqual([{ namespace: 'assay/endpoints', name: 'shop' }]);
    expect(ofRelease[1]?.run.facets?.assay_decision).toMatchObject({
      decision: ID,
      event: 'release.promoted',
    });
  });

  test.for([
    ['a field more', '"outputs":', '"extra":1,"outputs":', 'extra'],
    ['a type that there is not', '"START"', '"BEGIN"', 'BEGIN'],
    ['a run that is no UUID', '"runId":"', '"runId":"x', 'hexadecimal UUID'],
    ['a time that is none', '"eventTime":"', '"eventTime":"x', 'ValueError'],
    ['a job without namespace', '"job":{"namespace":"assay",', '"job":{', 'namespace'],
    ['a number for a text', /"datasetVersion":"\w+"/, '"datasetVersion":1', 'no text'],
    ['another schema', '#/$defs/RunEvent', '#/$defs/JobEvent', 'not of this schema'],
  ] as const)('%s would be seen', async ([, from, to, says]) => {
    const { body } = await get<OpenLineageEvent[]>('/models/ranker/2/lineage?format=openlineage');
    const spoilt = JSON.stringify(body).replace(from, () => to);
    expect(await readByOpenLineage(JSON.parse(spoilt))).toContain(says);
  });
});
