import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPool, transaction } from '@assay/registry-store/database';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../plane/postgres.ts';
import { type RegistryProcess, startRegistryProcess } from '../plane/registry-process.ts';
import { until } from '../plane/until.ts';

let dir: string;
let postgres: TestPostgres;
let registry: RegistryProcess;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assay-away-'));
  postgres = await startTestPostgres();
  registry = await startRegistryProcess(dir, postgres.url);
});
afterAll(async () => {
  await registry?.end('SIGTERM');
  await postgres?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const call = (path: string, body?: object) =>
  fetch(`${registry.url}/api/2.0/mlflow/${path}`, {
    signal: AbortSignal.timeout(60_000),
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });

async function expectAway(response: Response): Promise<void> {
  expect(await response.json()).toMatchObject({ error_code: 'TEMPORARILY_UNAVAILABLE' });
  expect([response.status, Number(response.headers.get('retry-after')) > 0]).toEqual([503, true]);
}

/** A reader that holds up every request for runs, so that the next one is in the middle when the database goes. */
async function holdRuns(): Promise<pg.Client> {
  const holder = new pg.Client({ connectionString: postgres.url });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE registry.runs IN ACCESS EXCLUSIVE MODE');
  return holder;
}

async function waiting(holder: pg.Client): Promise<boolean> {
  const { rows } = await holder.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  return rows.length > 0;
}

test('a database that goes and comes back: 503 that says when to try again, then everything is as it was', async () => {
  const made = await call('experiments/create', { name: 'kept' });
  const { experiment_id: id } = (await made.json()) as { experiment_id: string };
  const holder = await holdRuns();
  const inFlight = call('runs/get?run_id=any');
  await until('the request waits', () => waiting(holder));
  await postgres.stop();
  await expectAway(await inFlight);
  await expectAway(await call(`experiments/get?experiment_id=${id}`));
  await expectAway(await call('runs/create', { experiment_id: id }));
  expect((await fetch(`${registry.url}/health`)).status).toBe(200);

  await postgres.start();
  await until('the registry is back', async () => (await call('runs/create', { experiment_id: id })).ok);
  const found = await call(`experiments/get?experiment_id=${id}`);
  expect(await found.json()).toMatchObject({ experiment: { name: 'kept' } });
});

test('a connection that breaks between two statements ends its transaction, not the process', async () => {
  const [pool, other] = [openPool(postgres.url), new pg.Client({ connectionString: postgres.url })];
  await other.connect();
  const broken = transaction(pool, async (db) => {
    const { rows } = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const ended = new Promise((resolve) => db.once('end', resolve));
    await other.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await ended;
    await db.query('SELECT 1');
  });
  await expect(broken).rejects.toThrow();
  expect((await pool.query('SELECT 1')).rowCount).toBe(1);
  await Promise.all([pool.end(), other.end()]);
});
