import type { Change } from '@assay/domain/ports/control-store';
import type { ServedVersion } from '@assay/domain/route-plan';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHOP, said, startApi, type TestApi } from './api-server.ts';

let api: TestApi;
const call: TestApi['call'] = (...args) => api.call(...args);

beforeAll(async () => {
  api = await startApi();
}, 90_000);

afterAll(() => api?.[Symbol.asyncDispose]());

const served = (version: string): ServedVersion => ({ model: 'm', version, path: `${version}.onnx` });

async function track(
  version: string,
  ...stages: Extract<Change, { kind: 'stage' }>['stage'][]
): Promise<void> {
  await api.store.trackVersion(
    { model: 'm', version, family: 'ranking', createdBy: 'data-scientist', digest: 'd' },
    said('m'),
  );
  for (const stage of stages)
    await api.commit(`${version}/${stage}`, 'm', [{ kind: 'stage', model: 'm', version, stage }]);
}

const release = (version: string, endpoint: string) =>
  ({
    id: `release/m/${version}`,
    model: 'm',
    version,
    endpoint,
    family: 'ranking',
    profile: 'demo',
    requestedBy: 'data-scientist',
    requestedAtMs: Number(version),
    state: { kind: 'validating' },
  }) as const;

const plan = (id: string, version: string, layer: { from: number; to: number } = { from: 0, to: 1 }) => ({
  id,
  endpoint: 'shop',
  owner: 'ann',
  hypothesis: 'the other ranker earns more margin',
  unit: 'visitor',
  analysis: 'ab',
  arms: [
    { name: 'control', weight: 0.5 },
    { name: 'treatment', weight: 0.5, model: 'm', version },
  ],
  layer: { id: 'shop', ...layer },
  northStar: { name: 'margin', label: 'Margin', unit: 'cents', better: 'higher', nonInferiorityMargin: 1 },
  guardrails: [],
  alpha: 0.05,
  power: 0.8,
  smallestEffect: 1,
  stop: {
    minUnitsPerArm: 100,
    minDurationMs: 1,
    timeoutMs: 2,
    lookEveryMs: 100,
    prePeriods: 0,
    postPeriods: 0,
  },
});

test('the OpenAPI document is valid', async () => {
  const { body } = await call('GET', '/openapi.json', 'auditor');
  const checked = await new Validator().validate(body);
  expect(checked.errors).toBeUndefined();
  expect(checked.valid).toBe(true);
});

describe('bad input through the API', () => {
  test('an unknown policy rule is refused by name', async () => {
    const policy = { rules: [{ id: 'nice', kind: 'be-kind', action: 'clamp' }] };
    expect(await call('POST', '/endpoints', 'admin', { ...SHOP, name: 'kind', policy })).toMatchObject({
      status: 400,
      body: { code: 'POLICY_INVALID', field: 'rules[0].kind' },
    });
    expect((await call('GET', '/endpoints/kind', 'admin')).status).toBe(404);
  });

  test('a body over the limit is refused as problem+json', async () => {
    const huge = await call('POST', '/endpoints', 'admin', { ...SHOP, owner: 'x'.repeat(2 ** 20) });
    expect(huge).toMatchObject({ status: 429, body: { code: 'MESSAGE_TOO_LARGE' } });
    expect(huge.type).toContain('application/problem+json');
  });

  test('a body that is not JSON', async () => {
    const reply = await api.app.inject({
      method: 'POST',
      url: '/api/v1/endpoints',
      headers: { host: '127.0.0.1', authorization: 'Bearer t-admin', 'content-type': 'application/json' },
      payload: '{"name":',
    });
    expect([reply.statusCode, reply.json().code]).toEqual([400, 'REQUEST_INVALID']);
  });

  test('a plan that cannot be judged', async () => {
    const two = { ...plan('two', '1'), arms: plan('two', '1').arms.map((a) => ({ ...a, name: 'a' })) };
    expect(await call('POST', '/experiments', 'product-owner', two)).toMatchObject({
      status: 400,
      body: { code: 'EXPERIMENT_INVALID', field: 'arms' },
    });
  });

  test('another host name and another page’s origin', async () => {
    const from = (headers: object) =>
      api.app.inject({ method: 'POST', url: '/api/v1/endpoints', headers: { ...headers }, payload: SHOP });
    for (const headers of [{ host: 'evil.example' }, { host: '127.0.0.1', origin: 'http://evil.example' }])
      expect((await from(headers)).json()).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
  });
});

describe('who may', () => {
  test.for([
    ['GET', '/audit/verify', 'data-scientist'],
    ['GET', '/decisions/shop', 'product-owner'],
    ['GET', '/endpoints', 'serving-client'],
    ['POST', '/endpoints/shop/autonomy', 'product-owner', { autonomy: 'auto', reason: 'r' }],
    ['POST', '/models/m/versions/2/release-from-quarantine', 'data-scientist', { reason: 'r' }],
    ['POST', '/releases/m/2/approve', 'auditor', { point: 'ship' }],
    ['POST', '/releases/m/2/abort', 'auditor', { reason: 'r' }],
    ['POST', '/releases', 'product-owner', { model: 'm', version: '2', snapshotDir: 's' }],
    ['POST', '/experiments/x/start', 'data-scientist'],
    ['POST', '/experiments/x/stop', 'data-scientist', { reason: 'r' }],
    ['DELETE', '/monitors/shop', 'data-scientist'],
  ] as const)('%s %s is not for %s', async ([method, path, role, body]) => {
    expect(await call(method, path, role, body)).toMatchObject({
      status: 403,
      body: { code: 'PERMISSION_DENIED' },
    });
  });

  test('nobody names another as the author of what they train', async () => {
    const training = {
      id: 't',
      family: 'ranking',
      model: 'm',
      recipe: 'good',
      seed: 1,
      source: { kind: 'sample' },
      requestedBy: 'somebody-else',
    };
    expect(await call('POST', '/trainings', 'data-scientist', training)).toMatchObject({
      body: { code: 'PERMISSION_DENIED' },
    });
  });
});

test('autonomy is granted and revoked with a reason, and the record says so', async () => {
  const set = (autonomy: string) =>
    call('POST', '/endpoints/shop/autonomy', 'admin', { autonomy, reason: `now ${autonomy}` });
  expect((await set('auto')).body.autonomy).toBe('auto');
  expect((await set('propose')).body.autonomy).toBe('propose');
  const rows = (await api.store.auditOf('endpoint/shop')).filter((e) => e.event === 'endpoint.autonomy');
  expect(rows.map((e) => [e.actor.id, e.reason, e.evidence])).toEqual([
    ['admin', 'now auto', { former: 'propose', autonomy: 'auto' }],
    ['admin', 'now propose', { former: 'auto', autonomy: 'propose' }],
  ]);
});

test('a version leaves quarantine by a person and by name alone', async () => {
  await track('7', 'validated', 'shadow', 'canary', 'rolled-back');
  const path = '/models/m/versions/7/release-from-quarantine';
  expect(await call('POST', path, 'admin', { reason: 'the feed was broken, not the model' })).toMatchObject({
    status: 200,
    body: { stage: 'registered' },
  });
  expect(await call('POST', path, 'admin', { reason: 'again' })).toMatchObject({
    body: { code: 'TRANSITION_REFUSED' },
  });
  expect((await api.store.auditOf('version/m/7')).map((e) => [e.actor.id, e.event])).toEqual([
    ['admin', 'version.released-from-quarantine'],
  ]);
});

test('a second release on an endpoint is refused at once, by the name of the first', async () => {
  await track('8');
  await api.commit('open/8', 'release/m/8', [{ kind: 'release-open', release: release('8', 'shop') }]);
  const body = { model: 'm', version: '2', endpoint: 'shop', snapshotDir: 's' };
  expect(await call('POST', '/releases', 'data-scientist', body)).toMatchObject({
    status: 400,
    body: { code: 'ENDPOINT_BUSY', detail: expect.stringContaining('release/m/8 is in progress') },
  });
  const ended = { kind: 'aborted', by: 'ann', reason: 'done' } as const;
  await api.commit('end/8', 'release/m/8', [{ kind: 'release', id: 'release/m/8', state: ended }]);
});

test('an abort takes away what the candidate got meanwhile, not what it had when it was asked', async () => {
  await track('9', 'validated');
  await api.commit('open/9', 'release/m/9', [{ kind: 'release-open', release: release('9', 'shop') }]);
  const shadow = { kind: 'shadow', version: served('9'), sample: 1 } as const;
  // Both at once, in either order: whoever is second finds what the first one did
  const [abort] = await Promise.all([
    call('POST', '/releases/m/9/abort', 'product-owner', { reason: 'no' }),
    api
      .commit('shadow/9', 'release/m/9', [{ kind: 'route', endpoint: 'shop', change: shadow }])
      .catch((error: unknown) => expect(error).toMatchObject({ code: 'TRANSITION_REFUSED' })),
  ]);
  expect(abort.body.release.state.kind).toBe('aborted');
  expect((await api.store.endpoint('shop')).route?.shadows).toEqual([]);
  // For certain: the route changes after the question was asked and before its transaction
  await track('10', 'validated');
  await api.commit('open/10', 'release/m/10', [{ kind: 'release-open', release: release('10', 'shop') }]);
  await api.commit('shadow/10', 'release/m/10', [
    { kind: 'route', endpoint: 'shop', change: { ...shadow, version: served('10') } },
  ]);
  await api.commit('abort/10', 'release/m/10', [
    { kind: 'withdraw', endpoint: 'shop', model: 'm', version: '10' },
    { kind: 'stage', model: 'm', version: '10', stage: 'rejected' },
    { kind: 'release', id: 'release/m/10', state: { kind: 'aborted', by: 'ann', reason: 'no' } },
  ]);
  const { route } = await api.store.endpoint('shop');
  expect([route?.shadows, route?.pinnable[0]]).toEqual([[], served('10')]);
});

describe('experiments', () => {
  const draft = (body: object) => call('POST', '/experiments', 'product-owner', body);
  const run = (id: string, change: Extract<Change, { kind: 'experiment' }>['state']) =>
    api.commit(`${id}/${change.kind}`, id, [{ kind: 'experiment', id, state: change }]);

  test('a draft may be written again, back to what it was, until it is locked', async () => {
    const [a, b] = [plan('draft', '1'), { ...plan('draft', '1'), owner: 'bob' }];
    for (const body of [a, b, a]) expect((await draft(body)).body.plan.owner).toBe(body.owner);
    expect((await call('POST', '/experiments/draft/register', 'product-owner')).body.state.kind).toBe(
      'registered',
    );
    expect(await draft(b)).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
  });

  test.for([
    { name: 'was never validated', id: 'x-new', version: '11', stages: [], code: 'TRANSITION_REFUSED' },
    {
      name: 'is quarantined',
      id: 'x-bad',
      version: '12',
      stages: ['validated', 'shadow', 'canary', 'rolled-back'],
      code: 'QUARANTINED',
    },
  ] as const)('no arm serves a version that $name', async ({ id, version, stages, code }) => {
    await track(version, ...stages);
    await draft(plan(id, version));
    await call('POST', `/experiments/${id}/register`, 'product-owner');
    await expect(run(id, { kind: 'running', planDigest: 'd', sinceMs: 1 })).rejects.toMatchObject({ code });
    expect((await api.store.experiment(id)).state.kind).toBe('registered');
  });
});

describe('live events', () => {
  async function* events(lastEventId?: string): AsyncGenerator<{ id: number; event: string }> {
    const stop = new AbortController();
    const { port } = api.app.server.address() as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
      headers: {
        authorization: 'Bearer t-auditor',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      signal: stop.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    try {
      for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const id = /^id: (\d+)$/m.exec(block)?.[1];
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (id !== undefined && data !== undefined) yield { id: Number(id), event: JSON.parse(data).event };
        }
      }
    } finally {
      stop.abort();
    }
  }

  const take = async (from: AsyncGenerator<{ id: number }>, n: number): Promise<number[]> => {
    const ids: number[] = [];
    for await (const { id } of from) if (ids.push(id) === n) break;
    return ids;
  };
  const note = (n: number) => Promise.all(Array.from({ length: n }, () => api.store.note(said('live'))));

  beforeAll(async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 });
  });

  test('a client that comes back misses nothing, however many pages passed, nor what is told meanwhile', async () => {
    const last = await api.store.outboxHead();
    await note(10);
    const reading = take(events(String(last)), 25);
    await note(15);
    expect(await reading).toEqual(Array.from({ length: 25 }, (_, i) => last + 1 + i));
  });

  test('a number that this log does not have yet hides nothing of what comes', async () => {
    const stream = events('999999999');
    const first = stream.next();
    let seen = false;
    void first.then(() => {
      seen = true;
    });
    // The stream may be opened after the first of them: then a later one is the first that it hears of
    while (!seen) await note(1);
    expect((await first).value).toMatchObject({ event: 'test' });
    await stream.return(undefined);
  });
});
