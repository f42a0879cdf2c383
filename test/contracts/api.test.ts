import { Identities } from '@assay/control-plane-server/identities';
import { RouteDistributionClient, type RoutePlan } from '@assay/proto/gen/routes/routes';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHOP, startApi, type TestApi } from './api-server.ts';

let api: TestApi;
let grpc: string;
const call: TestApi['call'] = (...args) => api.call(...args);

beforeAll(async () => {
  api = await startApi();
  grpc = `127.0.0.1:${await api.routes.listen('127.0.0.1:0')}`;
}, 90_000);

afterAll(() => api?.[Symbol.asyncDispose]());

test('no token and a bad token are refused as problem+json', async () => {
  const none = await call('GET', '/endpoints', null);
  expect(none).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  expect(none.type).toContain('application/problem+json');
  expect(none.body.instance).toMatch(/^[0-9a-f-]{36}$/);
  const open = new Identities(new Map(), 'open');
  expect(() => open.of('Bearer wrong')).toThrow('not known');
  expect(open.of(undefined).role).toBe('admin');
});

test('a role may not do what is not its own', async () => {
  const body = { ...SHOP, name: 'other' };
  expect(await call('POST', '/endpoints', 'auditor', body)).toMatchObject({
    status: 403,
    body: { code: 'PERMISSION_DENIED' },
  });
  expect(await call('POST', '/endpoints', 'admin', body)).toMatchObject({
    status: 201,
    body: { name: 'other' },
  });
  expect(await call('POST', '/endpoints', 'admin', body)).toMatchObject({ status: 409 });
});

test('an unknown field and an unknown address are errors', async () => {
  expect(await call('POST', '/endpoints', 'admin', { ...SHOP, extra: 1 })).toMatchObject({
    status: 400,
    body: { code: 'REQUEST_INVALID' },
  });
  expect(await call('GET', '/nothing', 'admin')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
});

test('OpenAPI 3.1 is served and lists the routes', async () => {
  const { body } = await call('GET', '/openapi.json', 'auditor');
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths)).toContain('/api/v1/releases/{model}/{version}/abort');
});

test('Temporal away: starting says so in seconds, aborting takes effect all the same', async () => {
  const id = 'release/m/2';
  const request = { model: 'm', version: '2', snapshotDir: 'snapshots/x' };
  const started = performance.now();
  expect(await call('POST', '/releases', 'data-scientist', { ...request, endpoint: 'shop' })).toMatchObject({
    status: 503,
    body: { code: 'UNREACHABLE' },
  });
  expect(performance.now() - started).toBeLessThan(8_000);
  const release = {
    id,
    model: 'm',
    version: '2',
    endpoint: 'shop',
    family: 'ranking',
    profile: 'demo',
    requestedBy: 'data-scientist',
    requestedAtMs: 1,
    state: { kind: 'shadowing', sinceMs: 1 },
  } as const;
  const version = { model: 'm', version: '2', path: '2.onnx' };
  await api.commit('open', id, [
    { kind: 'release-open', release },
    { kind: 'route', endpoint: 'shop', change: { kind: 'shadow', version, sample: 1 } },
  ]);
  expect(await call('POST', '/releases', 'data-scientist', { ...request, endpoint: 'shop' })).toMatchObject({
    body: { id, endpoint: 'shop' },
  });
  expect(await call('POST', '/releases', 'data-scientist', { ...request, endpoint: 'other' })).toMatchObject({
    status: 409,
    body: { code: 'RELEASED_ELSEWHERE', detail: expect.stringContaining('its release is on "shop"') },
  });
  const own = { point: 'canary', comment: '' };
  expect(await call('POST', '/releases/m/2/approve', 'data-scientist', own)).toMatchObject({
    body: { code: 'APPROVAL_REFUSED' },
  });
  for (const _ of [1, 2])
    expect(await call('POST', '/releases/m/2/abort', 'product-owner', { reason: 'enough' })).toMatchObject({
      status: 200,
      body: { told: false, release: { state: { kind: 'aborted', by: 'product-owner' } } },
    });
  expect((await api.store.endpoint('shop')).route?.shadows).toEqual([]);
  const view = await call('GET', '/releases/m/2', 'auditor');
  expect(view.body.record.map((e: { event: string }) => e.event)).toEqual(['test', 'release.aborted']);
});

test('reading a decision is itself logged, and the chain verifies', async () => {
  const before = (await api.store.auditOf('audit')).length;
  expect(await call('GET', `/decisions/${encodeURIComponent('shop')}`, 'auditor')).toMatchObject({
    status: 200,
  });
  expect(await call('GET', '/audit/verify', 'auditor')).toMatchObject({ body: { ok: true, fault: null } });
  expect((await api.store.auditOf('audit')).map((e) => e.event).slice(before)).toEqual([
    'audit.read',
    'audit.verified',
  ]);
});

test('a model server gets the newest plan with its digest, the next one by push, and is counted', async () => {
  const client = new RouteDistributionClient(grpc, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer t-service');
  const watch = client.watch({ serverId: 's1', appliedVersion: 0n }, metadata);
  const plans: RoutePlan[] = [];
  let wake = () => {};
  watch.on('data', (plan: RoutePlan) => {
    plans.push(plan);
    wake();
  });
  const next = async (n: number) => {
    while (plans.length < n) await new Promise<void>((resolve) => (wake = resolve));
  };
  await api.routes.refresh();
  await next(1);
  const version = { model: 'm', version: '2', path: '2.onnx' };
  await api.commit('push', 'shop', [
    { kind: 'route', endpoint: 'shop', change: { kind: 'shadow', version, sample: 1 } },
  ]);
  await next(2);
  expect(plans[1]?.version).toBe((plans[0]?.version ?? 0n) + 1n);
  expect(JSON.parse(plans[1]?.json ?? '').endpoints[0].shadows).toHaveLength(1);
  expect(plans[1]?.unitKeySecret).toHaveLength(32);
  watch.on('error', () => undefined);
  watch.cancel();
  const report = {
    serverId: 's1',
    appliedVersion: 2n,
    grpcAddress: 'g',
    httpUrl: 'h',
    refused: '',
    models: [],
    traffic: [
      { endpoint: 'shop', model: 'm', version: '1', arm: 'champion', answered: 5n, guarded: 1n, failed: 0n },
    ],
  };
  await new Promise<void>((resolve, reject) =>
    client.report(report, metadata, (e) => (e ? reject(e) : resolve())),
  );
  const refused = await new Promise((resolve) =>
    client.report(report, new Metadata(), (e) => resolve(e?.code)),
  );
  expect(refused).toBe(16);
  client.close();
  expect((await call('GET', '/endpoints/shop', 'admin')).body).toMatchObject({
    health: 'serving',
    traffic: [{ arm: 'champion', answered: 5, guarded: 1 }],
  });
});
