import { httpModelRegistry } from '@assay/adapters/registry/http-model-registry';
import { httpRegistryReader } from '@assay/adapters/registry/http-registry-reader';
import { buildApp } from '@assay/control-plane-server/app';
import { EventFeed } from '@assay/control-plane-server/event-feed';
import { Identities } from '@assay/control-plane-server/identities';
import { LiveServers } from '@assay/control-plane-server/read-models/live-servers';
import type {
  ArtifactEntry,
  MetricHistory,
  Page,
  RunExperiment,
  TrackedRun,
} from '@assay/domain/ports/registry-reader';
import type {
  AliasHistoryView,
  ModelVersionView,
  RegisteredModelView,
  RegisteredVersionView,
  TrackedRunView,
  VersionComparison,
} from '@assay/domain/read-models';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { GateWorld } from './gate-world.ts';
import { TOKENS } from './registry-server.ts';

/** What the data scientist's pages read: the control plane in front of a real registry. */
const NAME = "O'Brien \"s'runs";
let world: GateWorld;
let app: Awaited<ReturnType<typeof buildApp>>;
let experiment: string;
let runs: readonly string[];

const ask = (path: string, role = 'data-scientist') =>
  app.inject({ url: `/api/v1${path}`, headers: { host: '127.0.0.1', authorization: `Bearer t-${role}` } });
const get = async <T>(path: string) => {
  const reply = await ask(path);
  return { status: reply.statusCode, body: reply.json() as T };
};

async function training(depth: string): Promise<string> {
  const { body } = await world.ask('POST', 'runs/create', {
    experiment_id: experiment,
    run_name: `depth ${depth}`,
    start_time: 1_000 + Number(depth),
  });
  const { run_id } = (body as unknown as { run: { info: { run_id: string } } }).run.info;
  const metrics = Array.from({ length: 300 }, (_, step) => ({
    key: 'val/loss x',
    value: step === 299 ? 'NaN' : Number(depth) / (step + 1),
    timestamp: 2_000 + step,
    step,
  }));
  await world.ask('POST', 'runs/log-batch', { run_id, metrics, params: [{ key: 'depth', value: depth }] });
  return run_id;
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
      identities: new Identities(
        new Map([
          ['t-data-scientist', { subject: 'ada', role: 'data-scientist' }],
          ['t-serving-client', { subject: 'shop', role: 'serving-client' }],
        ]),
        'required',
      ),
      servers: new LiveServers(Date.now),
      feed: new EventFeed(world.store),
      uiDir: undefined,
    },
    'silent',
  );
  const made = await world.ask('POST', 'experiments/create', { name: NAME });
  experiment = (made.body as unknown as { experiment_id: string }).experiment_id;
  runs = [await training('3'), await training('6'), await training('9')];
  await world.ask('POST', 'runs/log-inputs', {
    run_id: runs[0] ?? '',
    datasets: [
      {
        tags: [{ key: 'mlflow.data.context', value: 'training' }],
        dataset: { name: 'clicks', digest: 'abc', source_type: 'local', source: '{}' },
      },
    ],
  });
  const tags = { 'assay.family': 'ranking', 'assay.owner': 'search-team' };
  await world.register('ranker', tags);
  await world.register('ranker', tags, true, undefined, { 'fairness.json': '{"groups":2}' });
  await world.stages('ranker', '2', 'ranking', ['validated', 'champion']);
  await world.alias('ranker', 'champion', '2', TOKENS.service);
}, 90_000);

afterAll(async () => {
  await app?.close();
  await world?.[Symbol.asyncDispose]();
});

test('experiments, and pages of runs by the registry’s own filter and order', async () => {
  const found = (await get<Page<RunExperiment>>(`/registry/experiments?orderBy=last_update_time DESC`)).body;
  expect(found.items.map((e) => e.name)).toContain(NAME);
  expect((await get<RunExperiment>(`/registry/experiments/${experiment}`)).body.name).toBe(NAME);
  const search = new URLSearchParams({
    filter: "params.depth != '6'",
    orderBy: 'params.`depth` DESC',
    limit: '1',
  });
  const path = `/registry/experiments/${experiment}/runs`;
  const first = (await get<Page<TrackedRun>>(`${path}?${search}`)).body;
  search.set('pageToken', first.nextPageToken ?? '');
  const second = (await get<Page<TrackedRun>>(`${path}?${search}`)).body;
  expect([...first.items, ...second.items].map((r) => [r.name, r.params.depth])).toEqual([
    ['depth 9', '9'],
    ['depth 3', '3'],
  ]);
  expect(second.nextPageToken).toBeNull();
});

test('a run with its latest metrics, data sets and versions; NaN as text', async () => {
  const { run, versions } = (await get<TrackedRunView>(`/registry/runs/${runs[0]}`)).body;
  expect(run).toMatchObject({
    name: 'depth 3',
    status: 'RUNNING',
    startedAtMs: 1_003,
    endedAtMs: null,
    metrics: { 'val/loss x': { value: 'NaN', step: 299, atMs: 2_299 } },
    inputs: [{ name: 'clicks', digest: 'abc', context: 'training' }],
  });
  expect(versions).toEqual([]);
  const listed = (await get<Page<RegisteredVersionView>>('/registry/models/ranker/versions')).body;
  const trained = (await get<TrackedRunView>(`/registry/runs/${listed.items[0]?.runId}`)).body;
  expect(trained.versions).toEqual([{ model: 'ranker', version: '2' }]);
});

test('histories of several runs, sampled evenly, ends included', async () => {
  const asked = new URLSearchParams(runs.map((id) => ['run', id]));
  const { body } = await get<MetricHistory[]>(
    `/registry/histories?${asked}&metric=${encodeURIComponent('val/loss x')}&points=50`,
  );
  expect(body.map((h) => h.runId).toSorted()).toEqual(runs.toSorted());
  for (const { points } of body) {
    expect(points.length).toBe(50);
    expect([points[0]?.step, points.at(-1)?.step, points.at(-1)?.value]).toEqual([0, 299, 'NaN']);
  }
});

test('files of a run and of a version, as downloads that no browser runs', async () => {
  const listed = (await get<Page<RegisteredVersionView>>('/registry/models/ranker/versions')).body;
  const id = listed.items[0]?.runId;
  const root = (await get<ArtifactEntry[]>(`/registry/runs/${id}/artifacts`)).body;
  expect(root).toEqual([{ path: 'model', isFolder: true, sizeBytes: null }]);
  const inside = (await get<ArtifactEntry[]>(`/registry/runs/${id}/artifacts?folder=model`)).body;
  expect(inside).toContainEqual({ path: 'model/fairness.json', isFolder: false, sizeBytes: 12 });
  for (const path of [
    `/registry/runs/${id}/file?path=model/fairness.json`,
    '/registry/models/ranker/versions/2/file?path=fairness.json',
  ]) {
    const reply = await ask(path);
    expect(reply.body).toBe('{"groups":2}');
    expect(reply.headers).toMatchObject({
      'content-disposition': "attachment; filename*=UTF-8''fairness.json",
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
  }
});

test('models with what the lifecycle says; versions newest first, by pages', async () => {
  const { items } = (await get<Page<RegisteredModelView>>('/registry/models')).body;
  expect(items.find((m) => m.name === 'ranker')).toMatchObject({
    owner: 'search-team',
    family: 'ranking',
    aliases: { champion: '2' },
    champion: '2',
    newest: { version: '2', stage: 'champion' },
  });
  const first = (await get<Page<RegisteredVersionView>>('/registry/models/ranker/versions?limit=1')).body;
  expect(first.items).toMatchObject([
    { version: '2', stage: 'champion', aliases: ['champion'], release: null, createdBy: 'ada' },
  ]);
  const { body: last } = await get<Page<RegisteredVersionView>>(
    `/registry/models/ranker/versions?limit=1&pageToken=${first.nextPageToken}`,
  );
  expect(last).toMatchObject({ items: [{ version: '1', stage: null }], nextPageToken: null });
});

test.for([
  ['/registry/experiments/0/runs?filter=metrics.a ~ 3', 400, 'REQUEST_INVALID', /filter|operator|clause/i],
  ['/registry/experiments/0/runs?pageToken=forged', 400, 'REQUEST_INVALID', /page token/i],
  ['/registry/experiments/0/runs?limit=201', 400, 'REQUEST_INVALID', /200/],
  ['/registry/experiments/99', 404, 'NOT_FOUND', /99/],
  ['/registry/runs/none', 404, 'NOT_FOUND', /none/],
  [`/registry/runs/${encodeURIComponent("x' OR 1=1")}`, 404, 'NOT_FOUND', /OR 1=1/],
  ['/registry/histories?metric=m', 400, 'REQUEST_INVALID', /run/],
  ['/registry/histories?run=none&metric=m', 404, 'NOT_FOUND', /none/],
  ['/registry/histories?run=none&metric=m&points=2501', 400, 'REQUEST_INVALID', /2500/],
  ['/registry/models/nobody', 404, 'NOT_FOUND', /nobody/],
  ['/registry/models/ranker/versions/2/file?path=../../secret', 400, 'REQUEST_INVALID', /inside/],
  ['/registry/models/ranker/versions/2/file?path=nothing', 404, 'NOT_FOUND', /nothing/],
  [`/registry/models/${encodeURIComponent(`'"`)}/versions`, 400, 'REQUEST_INVALID', /both kinds of quotes/],
] as const)('refused: %s', async ([path, status, code, words]) => {
  const reply = await get<{ detail: string }>(path);
  expect(reply).toMatchObject({ status, body: { code } });
  expect(reply.body.detail).toMatch(words);
});

test('who only asks for predictions reads no trainings', async () => {
  const reply = await ask('/registry/experiments', 'serving-client');
  expect([reply.statusCode, reply.json()]).toMatchObject([403, { code: 'PERMISSION_DENIED' }]);
});

test('the version’s page: files, their check, its run and what came of it', async () => {
  const { body } = await get<ModelVersionView>('/models/ranker/2');
  expect(body.files.map((f) => f.path).toSorted()).toEqual(['fairness.json', 'model.onnx']);
  expect(body.run?.id).toMatch(/^[0-9a-f]{32}$/);
  expect(body.createdAtMs).toBeGreaterThan(0);
  const checked = await until('the files are checked', async () => {
    const { check } = (await get<ModelVersionView>('/models/ranker/2')).body;
    return check?.state === 'pending' ? undefined : check;
  });
  expect(checked).toMatchObject({ state: 'ok', report: { file: 'model.onnx' } });
  expect(checked?.report?.rules.length).toBeGreaterThan(5);
});

test('the bill of materials, as the command line writes it', async () => {
  const reply = await ask('/models/ranker/2/bom.json');
  expect(reply.headers['content-type']).toContain('application/vnd.cyclonedx+json');
  const bill = reply.json() as { components: { name: string; hashes: object[] }[] };
  expect(reply.json()).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  expect(bill.components.map((c) => [c.name, c.hashes.length])).toEqual([
    ['fairness.json', 1],
    ['model.onnx', 1],
  ]);
});

test('two versions side by side', async () => {
  const { body } = await get<VersionComparison>('/models/ranker/compare?version=1&other=2');
  const row = (what: string) => body.rows.find((r) => r.what === what);
  expect(row('stage')).toEqual({ what: 'stage', a: null, b: 'champion', differs: true });
  expect(row('tags.assay.owner')).toMatchObject({ a: 'search-team', b: 'search-team', differs: false });
  expect(row('digest')?.differs).toBe(false);
  for (const [query, status] of [
    ['version=1', 400],
    ['version=1&other=x', 400],
    ['version=1&other=99', 404],
  ] as const)
    expect((await ask(`/models/ranker/compare?${query}`)).statusCode).toBe(status);
});

test('an alias’s history, newest first, with who and why', async () => {
  await world.alias('ranker', 'mine', '1');
  await world.alias('ranker', 'mine', '2');
  const { body } = await get<AliasHistoryView>('/models/ranker/aliases/history');
  expect(body.changes.map((c) => [c.alias, c.version, c.by])).toEqual([
    ['mine', '2', 'ada'],
    ['mine', '1', 'ada'],
    ['champion', '2', 'workflows'],
  ]);
  expect((await get<AliasHistoryView>('/models/nobody/aliases/history')).body.changes).toEqual([]);
});
