import { httpModelRegistry } from '@assay/adapters/registry/http-model-registry';
import { buildApp } from '@assay/control-plane-server/app';
import { EventFeed, type FeedEvent } from '@assay/control-plane-server/event-feed';
import { Identities } from '@assay/control-plane-server/identities';
import { LiveServers } from '@assay/control-plane-server/read-models/live-servers';
import type { Role } from '@assay/domain/roles';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GateWorld } from './gate-world.ts';
import { TOKENS } from './registry-server.ts';

const RANKING = { 'assay.family': 'ranking', 'assay.snapshot_dir': 'snapshots/ranking' };
let world: GateWorld;
let app: Awaited<ReturnType<typeof buildApp>>;
const heard: FeedEvent[] = [];
let feed: EventFeed;

beforeAll(async () => {
  world = await GateWorld.start();
  feed = new EventFeed(world.store);
  await feed.read();
  feed.listen((event) => heard.push(event));
  const people: readonly [string, Role][] = [
    ['ada', 'data-scientist'],
    ['olga', 'product-owner'],
    ['root', 'admin'],
  ];
  app = await buildApp(
    {
      store: world.store,
      workflows: world.workflows,
      registry: httpModelRegistry({ baseUrl: world.registry.url, token: TOKENS.service }),
      identities: new Identities(
        new Map(people.map(([subject, role]) => [subject, { subject, role }])),
        'required',
      ),
      servers: new LiveServers(Date.now),
      feed,
      uiDir: undefined,
    },
    'silent',
  );
  await world.endpoint('shop', 'ranking');
  await world.endpoint('price-a', 'pricing');
  await world.endpoint('price-b', 'pricing');
}, 90_000);

afterAll(async () => {
  await app?.close();
  await world?.[Symbol.asyncDispose]();
});

const api = async (path: string, who: string, payload: object) => {
  const reply = await app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    headers: { host: '127.0.0.1', authorization: `Bearer ${who}` },
    payload,
  });
  return {
    status: reply.statusCode,
    body: reply.json() as { code?: string; remedy?: string; stage?: string },
  };
};

const waiting = async (name: string) => (await world.ledger.waiting()).filter((r) => r.model === name);

describe('moving champion or challenger by hand', () => {
  test('opens one request, answers as MLflow does, and the tag says so; the alias stays', async () => {
    const version = await world.register('asked', RANKING);
    for (const alias of ['champion', 'champion', 'challenger'])
      expect(await world.alias('asked', alias, version)).toEqual({ status: 200, body: {} });
    expect(await waiting('asked')).toMatchObject([
      {
        version,
        alias: 'champion',
        by: 'ada',
        role: 'data-scientist',
        endpoint: 'shop',
        snapshotDir: 'snapshots/ranking',
      },
    ]);
    expect(await world.tag('asked', version)).toBe(
      `requested: "champion" on endpoint "shop" by ada, see /api/v1/releases/asked/${version}`,
    );
    expect(await world.held('asked')).toEqual({});
  });

  test.for([
    ['no right', RANKING, true, TOKENS.owner, 403, 'PERMISSION_DENIED', 'PERMISSION_DENIED'],
    ['no ONNX file', RANKING, false, undefined, 400, 'INVALID_PARAMETER_VALUE', 'MODEL_NOT_ONNX'],
    ['no family', {}, true, undefined, 400, 'INVALID_PARAMETER_VALUE', 'FAMILY_MISSING'],
    [
      'no endpoint',
      { ...RANKING, 'assay.family': 'vision' },
      true,
      undefined,
      400,
      'INVALID_PARAMETER_VALUE',
      'ENDPOINT_MISSING',
    ],
    [
      'two endpoints',
      { ...RANKING, 'assay.family': 'pricing' },
      true,
      undefined,
      400,
      'INVALID_PARAMETER_VALUE',
      'ENDPOINT_MISSING',
    ],
    [
      'no snapshot',
      { 'assay.family': 'ranking' },
      true,
      undefined,
      400,
      'INVALID_PARAMETER_VALUE',
      'SNAPSHOT_MISSING',
    ],
    [
      'a snapshot outside',
      { ...RANKING, 'assay.snapshot_dir': '../x' },
      true,
      undefined,
      400,
      'INVALID_PARAMETER_VALUE',
      'SNAPSHOT_MISSING',
    ],
  ] as const)('refused with a remedy: %s', async ([what, tags, withOnnx, token, status, mlflow, code]) => {
    const name = what.replaceAll(' ', '-');
    const version = await world.register(name, tags, withOnnx);
    const answer = await world.alias(name, 'champion', version, token);
    expect(answer).toMatchObject({ status, body: { error_code: mlflow } });
    expect(answer.body.message).toContain(`(${code}). `);
    expect(await waiting(name)).toEqual([]);
    expect(await world.tag(name, version)).toBeUndefined();
    expect(await world.held(name)).toEqual({});
  });

  test('the endpoint tag chooses between two', async () => {
    const version = await world.register('chosen', {
      ...RANKING,
      'assay.family': 'pricing',
      'assay.endpoint': 'price-b',
    });
    expect((await world.alias('chosen', 'champion', version)).status).toBe(200);
    expect(await waiting('chosen')).toMatchObject([{ endpoint: 'price-b' }]);
  });

  test('an endpoint in the middle of a release is busy, and a rejected version is not asked for again', async () => {
    await world.endpoint('bids', 'bidding');
    const tags = { ...RANKING, 'assay.family': 'bidding' };
    const first = await world.register('bidder', tags);
    const second = await world.register('bidder', tags);
    await world.stages('bidder', first, 'bidding', ['rejected']);
    expect(await world.alias('bidder', 'champion', first)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('(TRANSITION_REFUSED)') },
    });
    await world.stages('other', '1', 'bidding', []);
    const release = {
      id: 'release/other/1',
      model: 'other',
      version: '1',
      endpoint: 'bids',
      family: 'bidding',
      profile: 'demo',
      requestedBy: 'ada',
      requestedAtMs: 1,
      state: { kind: 'requested' },
    } as const;
    await world.store.commit({
      key: 'busy',
      statement: {
        decision: release.id,
        event: 'test',
        actor: { kind: 'person', id: 'ada' },
        reason: 'test',
        evidence: {},
      },
      changes: [{ kind: 'release-open', release }],
      by: 'automation',
    });
    expect(await world.alias('bidder', 'champion', second)).toMatchObject({
      status: 409,
      body: { error_code: 'RESOURCE_CONFLICT', message: expect.stringContaining('(ENDPOINT_BUSY)') },
    });
    expect(
      await api('/releases', 'ada', { model: 'bidder', version: second, endpoint: 'bids', snapshotDir: 'x' }),
    ).toMatchObject({
      body: { code: 'ENDPOINT_BUSY' },
    });
  });

  test('taking a gated alias away, or the version under it, is refused; the service mirrors', async () => {
    const version = await world.register('served', RANKING);
    expect((await world.alias('served', 'champion', version, TOKENS.service)).status).toBe(200);
    expect((await world.alias('served', 'champion', version)).status).toBe(200);
    for (const [path, body] of [
      ['registered-models/alias', { name: 'served', alias: 'champion' }],
      ['model-versions/delete', { name: 'served', version }],
      ['registered-models/delete', { name: 'served' }],
    ] as const)
      expect(await world.ask('DELETE', path, body)).toMatchObject({
        status: 403,
        body: { error_code: 'PERMISSION_DENIED' },
      });
    expect(await world.held('served')).toEqual({ champion: version });
  });

  test('nobody forges the tag that says where a release stands', async () => {
    const version = await world.register('forged', RANKING);
    const tag = { name: 'forged', version, key: 'assay.release', value: 'champion' };
    for (const [method, path] of [
      ['POST', 'model-versions/set-tag'],
      ['DELETE', 'model-versions/delete-tag'],
    ] as const)
      expect((await world.ask(method, path, tag)).body.error_code).toBe('PERMISSION_DENIED');
  });
});

describe('the control plane carries requests out', () => {
  test('with Temporal away a request waits and is audited once; when the world changed it is refused, and the tag says why', async () => {
    await world.clearRequests();
    const version = await world.register('late', RANKING);
    await world.alias('late', 'challenger', version);
    for (const _ of [1, 2]) await expect(world.watch.look()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(await waiting('late')).toHaveLength(1);
    const asked = await world.store.auditOf('alias/late/challenger');
    expect(asked.map((e) => [e.event, e.actor.id])).toEqual([['release.asked-by-alias', 'ada']]);
    await world.stages('late', version, 'ranking', ['validated', 'shadow', 'canary', 'rolled-back']);
    await world.watch.look();
    expect(await waiting('late')).toEqual([]);
    expect(await world.tag('late', version)).toMatch(
      /^refused: Cannot release late\/1: .*QUARANTINED.* see \/api/,
    );
    expect((await world.store.auditOf('alias/late/challenger')).at(-1)?.event).toBe('alias.refused');
  });

  test('the tag follows the release', async () => {
    const version = await world.register('followed', RANKING);
    await world.stages('followed', version, 'ranking', []);
    const id = `release/followed/${version}`;
    const release = {
      id,
      model: 'followed',
      version,
      endpoint: 'price-a',
      family: 'ranking',
      profile: 'demo',
      requestedBy: 'ada',
      requestedAtMs: 1,
      state: { kind: 'canary', step: 0, weight: 0.1, sinceMs: 1 },
    } as const;
    await world.store.commit({
      key: 'followed',
      statement: {
        decision: id,
        event: 'test',
        actor: { kind: 'person', id: 'ada' },
        reason: 'test',
        evidence: {},
      },
      changes: [{ kind: 'release-open', release }],
      by: 'automation',
    });
    await world.watch.look();
    expect(await world.tag('followed', version)).toBe(
      `canary at 10 %, see /api/v1/releases/followed/${version}`,
    );
  });
});

describe('quarantine', () => {
  test('a version rolled back is asked for in vain until a person releases it by name', async () => {
    const version = await world.register('bad', RANKING);
    await world.stages('bad', version, 'ranking', ['validated', 'shadow', 'canary', 'rolled-back']);
    const again = { model: 'bad', version, endpoint: 'shop', snapshotDir: 'x' };
    expect(await world.alias('bad', 'champion', version)).toMatchObject({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED', message: expect.stringContaining('(QUARANTINED)') },
    });
    expect(await api('/releases', 'ada', again)).toMatchObject({
      status: 400,
      body: { code: 'QUARANTINED', remedy: expect.stringContaining('unquarantine') },
    });
    const path = `/models/bad/versions/${version}/release-from-quarantine`;
    expect(await api(path, 'olga', { reason: 'x' })).toMatchObject({
      status: 403,
      body: { code: 'PERMISSION_DENIED' },
    });
    expect(await api(path, 'root', {})).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(await api(path, 'root', { reason: 'the outage was ours, not the model’s' })).toMatchObject({
      status: 200,
      body: { stage: 'registered' },
    });
    expect(await api(path, 'root', { reason: 'twice' })).toMatchObject({
      status: 400,
      body: { code: 'TRANSITION_REFUSED' },
    });
    expect((await world.store.auditOf(`version/bad/${version}`)).at(-1)).toMatchObject({
      event: 'version.released-from-quarantine',
      actor: { kind: 'person', id: 'root' },
    });
    expect((await world.alias('bad', 'champion', version)).status).toBe(200);
  });
});

describe('four eyes by authorship', () => {
  test('who registered or edited a version cannot approve it', async () => {
    const version = await world.register('authored', RANKING);
    await world.stages('authored', version, 'ranking', []);
    const approve = (who: string) => api(`/releases/authored/${version}/approve`, who, { point: 'shadow' });
    expect(await approve('ada')).toMatchObject({ status: 403, body: { code: 'APPROVAL_REFUSED' } });
    expect(await approve('olga')).toMatchObject({ body: { code: 'NOT_FOUND' } });
    await world.ask(
      'PATCH',
      'model-versions/update',
      { name: 'authored', version, description: 'better' },
      TOKENS.owner,
    );
    expect(await approve('olga')).toMatchObject({ status: 403, body: { code: 'APPROVAL_REFUSED' } });
  });
});

describe('writes past the API', () => {
  beforeAll(() => world.clearRequests());
  const compare = () => world.watch.compare();
  const eventsOf = async (decision: string) => (await world.store.auditOf(decision)).map((e) => e.event);

  test.for([
    ['moved', 'UPDATE registry.aliases SET version = 2 WHERE name = $1 AND alias = $2'],
    ['taken away', 'DELETE FROM registry.aliases WHERE name = $1 AND alias = $2'],
    [
      'moved with triggers off',
      "SET session_replication_role = replica; UPDATE registry.aliases SET version = 2 WHERE name = '$1' AND alias = '$2'; RESET session_replication_role",
    ],
  ] as const)('an alias %s by hand is found, said and put back', async ([what, sql]) => {
    const name = `direct-${what.replaceAll(' ', '-')}`;
    for (const _ of [1, 2]) await world.register(name, RANKING);
    await world.alias(name, 'mine', '1');
    await world.alias(name, 'champion', '1', TOKENS.service);
    heard.length = 0;
    for (const alias of ['mine', 'champion'])
      await (sql.startsWith('SET')
        ? world.psql.query(sql.replace('$1', name).replace('$2', alias))
        : world.psql.query(sql, [name, alias]));
    await compare();
    expect(await world.held(name)).toEqual({ mine: '1', champion: '1' });
    for (const alias of ['mine', 'champion'])
      expect(await eventsOf(`alias/${name}/${alias}`)).toEqual(['alias.direct-write', 'alias.put-back']);
    await feed.read();
    expect(heard.filter((e) => e.event === 'alias.direct-write')).toHaveLength(2);
    await compare();
    expect(await eventsOf(`alias/${name}/mine`)).toHaveLength(2);
  });

  test('TRUNCATE is found too, and an alias put in by hand is taken out', async () => {
    await world.register('emptied', RANKING);
    await world.alias('emptied', 'kept', '1');
    await world.psql.query('TRUNCATE registry.aliases');
    await world.psql.query("INSERT INTO registry.aliases VALUES ('emptied', 'smuggled', 1)");
    await compare();
    expect(await world.held('emptied')).toEqual({ kept: '1' });
    expect(await eventsOf('alias/emptied/smuggled')).toEqual(['alias.direct-write', 'alias.put-back']);
  });

  test('a forged author helps nobody: the gated alias names what the lifecycle says', async () => {
    for (const _ of [1, 2]) await world.register('governed', RANKING);
    await world.stages('governed', '1', 'ranking', ['validated', 'champion']);
    await compare();
    expect(await world.held('governed')).toEqual({ champion: '1' });
    await world.psql.query(`BEGIN; SELECT set_config('assay.actor', '{"subject":"assay","role":"service"}', true);
      UPDATE registry.aliases SET version = 2 WHERE name = 'governed'; COMMIT`);
    await compare();
    expect(await world.held('governed')).toEqual({ champion: '1' });
    expect(await eventsOf('alias/governed/champion')).toEqual(['alias.mirrored', 'alias.mirrored']);
  });

  test('a version that is gone cannot be put back: the record says not to trust the alias', async () => {
    for (const _ of [1, 2]) await world.register('gone', RANKING);
    await world.alias('gone', 'mine', '1');
    await world.psql.query("UPDATE registry.aliases SET version = 2 WHERE name = 'gone'");
    await world.psql.query("DELETE FROM registry.model_versions WHERE name = 'gone' AND version = 1");
    await compare();
    expect(await eventsOf('alias/gone/mine')).toEqual(['alias.direct-write', 'alias.untrusted']);
  });

  test('the history of aliases cannot be rewritten', async () => {
    for (const sql of [
      "UPDATE registry.alias_history SET by_subject = 'x'",
      'DELETE FROM registry.alias_history',
      'TRUNCATE registry.alias_history',
    ])
      await expect(world.psql.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});
