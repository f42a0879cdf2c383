import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../plane/postgres.ts';
import { type RegistryProcess, startRegistryProcess } from '../plane/registry-process.ts';
import { until } from '../plane/until.ts';
import { type Received, startReceiver } from '../plane/webhook-receiver.ts';
import { TOKENS } from './registry-server.ts';
import { ASSAY, type Ask, alias, asking, type Loose, model } from './webhook-world.ts';

// Two registry processes on one database: one delivers, the other stands by

const KEEP = 3;
const MODELS = ['a', 'b', 'c'];
const dir = mkdtempSync(join(tmpdir(), 'assay-webhooks-'));
let postgres: TestPostgres;
const processes: RegistryProcess[] = [];
async function start(name: string): Promise<RegistryProcess> {
  await mkdir(join(dir, name), { recursive: true });
  const started = await startRegistryProcess(join(dir, name), postgres.url, {
    ASSAY_TOKENS: JSON.stringify({ [TOKENS.scientist]: { subject: 'ada', role: 'data-scientist' } }),
    ASSAY_ARTIFACTS: join(dir, 'artifacts'),
    ASSAY_STATE: join(dir, 'state'), // both read one key
    ASSAY_WEBHOOK_TIMEOUT_MS: '120000', // what is on its way stays there until its sender is killed
    ASSAY_WEBHOOK_KEEP: String(KEEP),
  });
  processes.push(started);
  return started;
}
beforeAll(async () => {
  postgres = await startTestPostgres();
  await start('one');
  await start('two');
}, 60_000);
afterAll(async () => {
  await Promise.all(processes.map((p) => p.end('SIGTERM')));
  await postgres?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** Requests to receivers that a process has counted. */
async function attempts({ url }: RegistryProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^assay_webhook_attempts_total\{[^}]*\} (\d+)$/gm)].reduce(
    (n, [, v]) => n + Number(v),
    0,
  );
}
const BEFORE = ['p', 'q', 'r'];
const AFTER = ['s', 't', 'u'];

/** The process that has sent what was sent so far, and the other one. */
async function rolesOf(sent: number): Promise<{ leader: RegistryProcess; standby: RegistryProcess }> {
  const [one, two] = processes as [RegistryProcess, RegistryProcess];
  await until('they are counted', async () => (await attempts(one)) + (await attempts(two)) === sent);
  const counted = [await attempts(one), await attempts(two)];
  expect(counted, 'the other one sends nothing').toContain(0);
  return counted[0] === 0 ? { leader: two, standby: one } : { leader: one, standby: two };
}

/** No event is lost; what was on its way when its sender died came twice, word by word under one id, all others once. */
function requireEachOnce(received: readonly Received[], inFlight: ReadonlySet<string>): void {
  const ids = Map.groupBy(received, (r) => r.event.id);
  const firsts = [...ids.values()].map(([r]) => r as Received);
  for (const name of MODELS)
    expect(
      firsts.filter((r) => r.event.data.name === name).map((r) => r.event.data.alias),
      'in order',
    ).toEqual([...BEFORE, ...AFTER]);
  for (const [id, same] of ids) {
    expect(new Set(same.map((r) => r.text)).size).toBe(1);
    for (const { headers } of same)
      expect(headers).toMatchObject({ 'webhook-id': id, 'webhook-signature': expect.any(String) });
    expect(same, id).toHaveLength(inFlight.has(id) ? 2 : 1);
  }
}

test('kill -9 of the process that delivers: the other one takes over, and every event arrives under one id', async () => {
  await using receiver = await startReceiver();
  const [one, two] = processes.map(({ url }) => asking(url)) as [Ask, Ask];
  const { body } = await two('POST', ASSAY, {
    name: 'hook',
    url: receiver.url,
    events: ['model_version_alias.created'],
    secret: 'both processes open it',
  });
  for (const name of MODELS) {
    await model(one, name);
    for (const [i, at] of BEFORE.entries()) await alias(i % 2 ? one : two, name, at, '1');
  }
  const told = BEFORE.length * MODELS.length;
  await until('what both were told arrives', () => receiver.received.length === told);
  const { leader, standby } = await rolesOf(told);
  const ask = asking(standby.url);

  receiver.answer(() => undefined);
  for (const name of MODELS) await alias(ask, name, AFTER[0] ?? '', '1');
  await until('one of each model is on its way', () => receiver.received.length === told + MODELS.length);
  await leader.end('SIGKILL');
  const inFlight = new Set(receiver.received.slice(told).map((r) => r.event.id));
  for (const at of AFTER.slice(1)) for (const name of MODELS) await alias(ask, name, at, '1');
  receiver.answer((response) => response.writeHead(204).end());
  await until('nothing waits', async () => (await ask('GET', `${ASSAY}/${body.id}`)).body.waiting === 0);
  requireEachOnce(receiver.received, inFlight);

  // Who takes over trims the log first: of what was delivered before, the newest are left
  const { deliveries } = (await ask('GET', `${ASSAY}/${body.id}/deliveries`)).body;
  const kept = new Set(deliveries.map((d: Loose) => d.eventId));
  expect(receiver.received.slice(0, told).filter((r) => kept.has(r.event.id))).toHaveLength(KEEP);
  expect(deliveries).toHaveLength(KEEP + MODELS.length * AFTER.length);
});
