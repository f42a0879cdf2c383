import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMlflowServer } from '../../test/plane/mlflow-server.ts';
import { databaseOf, startTestPostgres } from '../../test/plane/postgres.ts';
import { until } from '../../test/plane/until.ts';
import { cpuSeconds, processesWith } from '../lib/process-tree.ts';
import { type Client, connect } from './client.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Target {
  readonly client: Client;
  /** `postgres://…`, or the path of a SQLite file. */
  readonly database: string;
  readonly kind: 'assay' | 'mlflow';
  /** CPU milliseconds used so far by its processes and its connections' processes. */
  readonly cpuMs: () => number;
}

function cpuOf(pid: number | undefined, database: string): () => number {
  const name = database.startsWith('postgres:') ? new URL(database).pathname.slice(1) : undefined;
  // A connection that is closed keeps what it has used
  const used = new Map<number, number>();
  return () => {
    const connections = name === undefined ? [] : processesWith(`assay ${name} 127.0.0.1`);
    for (const one of [...(pid === undefined ? [] : [pid]), ...connections])
      used.set(one, Math.max(used.get(one) ?? 0, 1000 * cpuSeconds([one])));
    return [...used.values()].reduce((sum, ms) => sum + ms, 0);
  };
}

async function startAssay(stack: AsyncDisposableStack, database: string, name: string): Promise<Target> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const ready = join(dir, 'ready.json');
  const child = spawn(process.execPath, [join(ROOT, 'registry/server/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database,
      ASSAY_ARTIFACTS: join(dir, 'artifacts'),
      ASSAY_READY_FILE: ready,
    },
  });
  const gone = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  await until('the registry is ready', () => existsSync(ready));
  const { url } = JSON.parse(readFileSync(ready, 'utf8')) as { url: string };
  return {
    client: stack.use(connect(name, url)),
    database,
    kind: 'assay',
    cpuMs: cpuOf(child.pid, database),
  };
}

async function startMlflow(
  stack: AsyncDisposableStack,
  backend: string,
  database: string,
  name: string,
): Promise<Target> {
  const { url, pid } = stack.use(await startMlflowServer(backend));
  return { client: stack.use(connect(name, url)), database, kind: 'mlflow', cpuMs: cpuOf(pid, database) };
}

/** Ours, the real server on a database of the same PostgreSQL, and the real server on SQLite. */
export async function startAll(stack: AsyncDisposableStack): Promise<readonly [Target, Target, Target]> {
  const { url } = stack.use(await startTestPostgres());
  const assay = await startAssay(stack, await databaseOf(url, 'bench_assay'), 'assay');
  const database = await databaseOf(url, 'bench_mlflow');
  const postgres = await startMlflow(stack, database, database, 'mlflow-postgresql');
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-sqlite-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'mlflow.db');
  const sqlite = await startMlflow(stack, `sqlite:///${file}`, file, 'mlflow-sqlite');
  return [assay, postgres, sqlite];
}

/** Two of ours over the same PostgreSQL: one to fill with little, one with much. */
export async function startPair(stack: AsyncDisposableStack): Promise<readonly [Target, Target]> {
  const { url } = stack.use(await startTestPostgres());
  const small = await startAssay(stack, await databaseOf(url, 'bench_small'), 'small');
  return [small, await startAssay(stack, await databaseOf(url, 'bench_large'), 'large')];
}
