import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { type Received, startReceiver } from '../plane/webhook-receiver.ts';
import { startTestRegistry, type TestRegistry } from './registry-server.ts';
import { ASSAY, alias, asking, type Loose, MLFLOW, model } from './webhook-world.ts';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
let registry: TestRegistry;
const ask = (...given: Parameters<ReturnType<typeof asking>>) => asking(registry.url)(...given);

beforeAll(async () => {
  registry = await startTestRegistry({ ASSAY_WEBHOOK_RETRY_MS: '50', ASSAY_WEBHOOK_TIMEOUT_MS: '2000' });
});
afterAll(() => registry[Symbol.asyncDispose]());

/** Somebody at the database, not the registry. */
async function database(): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: registry.database, options: '-c search_path=registry' });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

async function subscribe(url: string, events: readonly string[], more: object = {}): Promise<string> {
  const { status, body } = await ask('POST', ASSAY, { name: 'hook', url, events, ...more });
  expect(body, JSON.stringify(body)).toMatchObject({ status: 'ACTIVE' });
  expect(status).toBe(200);
  return body.id;
}

describe('how it is delivered', () => {
  const log = async (id: string, query = '') =>
    (await ask('GET', `${ASSAY}/${id}/deliveries${query}`)).body.deliveries;
  const ALIASES = ['model_version_alias.created', 'model_version_alias.deleted'];

  test('what fails is tried again with the same id and bytes; its model waits, no other model does', async () => {
    await using receiver = await startReceiver();
    await model(ask, 'retried');
    await model(ask, 'beside');
    const id = await subscribe(receiver.url, ALIASES, { secret: SECRET });
    const failing = (r: Received) => r.event.data.name === 'retried' && r.event.data.alias === 'first';
    let failures = 0;
    receiver.answer((response, r) => response.writeHead(failing(r) && ++failures <= 2 ? 500 : 200).end());
    for (const named of ['first', 'second']) await alias(ask, 'retried', named, '1');
    await alias(ask, 'beside', 'first', '1');
    await until('all arrive', () => receiver.received.length >= 5);
    const ofModel = (name: string) => receiver.received.filter((r) => r.event.data.name === name);
    expect(ofModel('retried').map((r) => r.event.data.alias)).toEqual(['first', 'first', 'first', 'second']);
    expect(ofModel('beside')).toHaveLength(1);
    const [one, two, three] = ofModel('retried');
    expect([two?.text, three?.text]).toEqual([one?.text, one?.text]);
    expect(two?.headers['webhook-id']).toBe(one?.event.id);
    await until('the log is written', async () => (await log(id, '?state=delivered')).length === 3);
    const first = (await log(id)).find((d: Loose) => d.eventId === one?.event.id);
    expect(first).toMatchObject({
      state: 'delivered',
      attempts: 3,
      event: ALIASES[0],
      subject: 'retried@first',
    });
    expect(first.log.map((a: Loose) => [a.status, a.error])).toEqual([
      [500, 'answered 500'],
      [500, 'answered 500'],
      [200, null],
    ]);
    await ask('DELETE', `${ASSAY}/${id}`);
  });

  test('a receiver that never answers delays no other one', async () => {
    await using silent = await startReceiver(() => undefined);
    await using prompt = await startReceiver();
    const stuck = await subscribe(silent.url, ALIASES);
    const good = await subscribe(prompt.url, ALIASES);
    for (let i = 0; i < 8; i++) {
      await model(ask, `slow-${i}`);
      await alias(ask, `slow-${i}`, 'best', '1');
    }
    await until('the prompt one has all', () => prompt.received.length >= 8);
    await until('the silent one has timed out', async () =>
      (await log(stuck, '?state=waiting')).some((d: Loose) => d.attempts > 0),
    );
    expect((await log(stuck)).find((d: Loose) => d.attempts > 0).log[0]).toMatchObject({
      status: null,
      error: 'no answer within 2000 ms',
    });
    expect((await ask('GET', `${ASSAY}/${stuck}`)).body.delivered).toBe(0);
    for (const id of [stuck, good]) await ask('DELETE', `${ASSAY}/${id}`);
  });

  test('Retry-After holds everything for that receiver', async () => {
    await using receiver = await startReceiver((response, _, n) =>
      n === 0 ? response.writeHead(429, { 'retry-after': '2' }).end() : response.writeHead(200).end(),
    );
    await model(ask, 'held');
    await model(ask, 'held-too');
    const id = await subscribe(receiver.url, ALIASES);
    await alias(ask, 'held', 'best', '1');
    await until('it is held', async () => (await ask('GET', `${ASSAY}/${id}`)).body.heldUntilMs !== null);
    const refusedAtMs = (await log(id))[0].log[0].atMs;
    await alias(ask, 'held-too', 'best', '1');
    await until('all arrive', async () => (await log(id, '?state=delivered')).length === 2);
    for (const d of await log(id)) expect(d.log.at(-1).atMs - refusedAtMs).toBeGreaterThanOrEqual(2_000);
    await ask('DELETE', `${ASSAY}/${id}`);
  });

  test('what is too old is given up, can be seen, and is sent again by name', async () => {
    await using receiver = await startReceiver((response) => response.writeHead(503).end());
    await model(ask, 'given-up');
    const id = await subscribe(receiver.url, ALIASES);
    await alias(ask, 'given-up', 'best', '1');
    await until('it failed once', async () => (await log(id))[0]?.attempts > 0);
    await using db = await database();
    await db.query("UPDATE webhook_deliveries SET queued = queued - 90000000 WHERE state = 'waiting'");
    await until('it is dead', async () => (await log(id, '?state=dead')).length === 1);
    expect((await ask('GET', `${ASSAY}/${id}`)).body).toMatchObject({ dead: 1, waiting: 0 });
    receiver.answer((response) => response.writeHead(200).end());
    expect((await ask('POST', `${ASSAY}/${id}/redeliver`, {})).body).toEqual({ queued: 1 });
    await until('it arrives', async () => (await log(id, '?state=delivered')).length === 1);
    const [{ id: delivery }] = await log(id);
    expect((await ask('POST', `${ASSAY}/${id}/redeliver`, { delivery })).body).toEqual({ queued: 1 });
    await until('it arrives again', async () => (await log(id, '?state=delivered')).length === 1);
    expect(new Set(receiver.received.map((r) => r.event.id)).size).toBe(1);
    await ask('DELETE', `${ASSAY}/${id}`);
  });

  test('redirects are not followed, and endless answers are cut', async () => {
    await using inner = await startReceiver();
    await using outer = await startReceiver((response) =>
      response.writeHead(307, { location: inner.url }).end(),
    );
    const id = await subscribe(outer.url, ALIASES);
    const redirected = await ask('POST', `${ASSAY}/${id}/test`, {});
    expect(redirected.body).toMatchObject({
      success: false,
      status: 307,
      error: 'answered 307: redirects are not followed',
    });
    outer.answer((response) => {
      response.writeHead(200);
      const more = () => !response.destroyed && response.write('x'.repeat(65_536), () => setImmediate(more));
      more();
    });
    const endless = await ask('POST', `${ASSAY}/${id}/test`, {});
    expect(endless.body).toMatchObject({ success: true, status: 200, body: 'x'.repeat(4_096) });
    expect(inner.received).toEqual([]);
    await ask('DELETE', `${ASSAY}/${id}`);
  });

  test('a paused webhook keeps what waits and is not told what happens meanwhile', async () => {
    await using receiver = await startReceiver((response) => response.writeHead(500).end());
    await model(ask, 'paused');
    const id = await subscribe(receiver.url, ALIASES);
    await alias(ask, 'paused', 'before', '1');
    await until('it is tried', () => receiver.received.length > 0);
    await ask('PATCH', `${ASSAY}/${id}`, { status: 'DISABLED' });
    await alias(ask, 'paused', 'meanwhile', '1');
    receiver.answer((response) => response.writeHead(200).end());
    await ask('PATCH', `${ASSAY}/${id}`, { status: 'ACTIVE' });
    await alias(ask, 'paused', 'after', '1');
    await until('all arrive', async () => (await log(id, '?state=delivered')).length === 2);
    expect((await log(id)).map((d: Loose) => d.subject)).toEqual(['paused@after', 'paused@before']);
    await ask('DELETE', `${ASSAY}/${id}`);
  });

  test('a secret is never shown, lies sealed in the database, and nothing leaves unsigned when it cannot be read', async () => {
    await using receiver = await startReceiver();
    await model(ask, 'sealed');
    const id = await subscribe(receiver.url, ALIASES, { secret: SECRET });
    const other = await subscribe(receiver.url, ['release.finished'], { secret: 'other' });
    const shown = await Promise.all([
      ask('GET', ASSAY),
      ask('GET', `${ASSAY}/${id}`),
      ask('GET', `${MLFLOW}/webhooks`),
    ]);
    expect(JSON.stringify(shown)).not.toContain(SECRET.slice(6, 20));
    await using db = await database();
    const { rows } = await db.query('SELECT secret FROM webhooks WHERE id = $1', [id]);
    expect(rows[0].secret.toString('latin1')).not.toContain(SECRET.slice(6, 20));
    // A secret that was sealed for another webhook is as unreadable as one of another key
    await db.query('UPDATE webhooks SET secret = (SELECT secret FROM webhooks WHERE id = $2) WHERE id = $1', [
      id,
      other,
    ]);
    await alias(ask, 'sealed', 'best', '1');
    await until('it is tried', async () => (await log(id))[0]?.attempts > 0);
    expect((await log(id))[0].log[0].error).toContain('WEBHOOK_SECRET_UNREADABLE');
    expect((await ask('POST', `${ASSAY}/${id}/test`, {})).body.message).toContain(
      'WEBHOOK_SECRET_UNREADABLE',
    );
    expect(receiver.received).toEqual([]);
    await ask('PATCH', `${ASSAY}/${id}`, { secret: SECRET });
    await until('a new secret mends it', () => receiver.received.length === 1);
    for (const one of [id, other]) await ask('DELETE', `${ASSAY}/${one}`);
  });

  test('kill -9 while a receiver is being told loses nothing and keeps the order', async () => {
    await using receiver = await startReceiver(() => undefined);
    for (const name of ['killed-a', 'killed-b']) await model(ask, name);
    const id = await subscribe(receiver.url, ALIASES);
    for (const named of ['one', 'two', 'three'])
      for (const name of ['killed-a', 'killed-b']) await alias(ask, name, named, '1');
    await until('both lanes are on their way', () => receiver.received.length >= 2);
    registry = await registry.restartAfterKill();
    receiver.answer((response) => response.writeHead(200).end());
    await until('all are delivered', async () => (await log(id, '?state=delivered')).length === 6);
    for (const name of ['killed-a', 'killed-b']) {
      const mine = receiver.received.filter((r) => r.event.data.name === name);
      const firsts = mine.filter((r, i) => mine.findIndex((o) => o.event.id === r.event.id) === i);
      expect(firsts.map((r) => r.event.data.alias)).toEqual(['one', 'two', 'three']);
      // At least once: what was on its way came a second time under the same id
      expect(mine.length).toBeGreaterThan(3);
    }
    await ask('DELETE', `${ASSAY}/${id}`);
  });
});
