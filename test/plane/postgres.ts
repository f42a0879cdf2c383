import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@assay/cli/supervisor/free-port';
import { postgresAnswers, preparePostgres } from '@assay/cli/supervisor/postgres';
import pg from 'pg';
import { until } from './until.ts';

export interface TestPostgres extends AsyncDisposable {
  readonly url: string;
  /** Shuts the server down, which ends its connections; `start` brings it back with its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A real PostgreSQL in a folder of its own; stopped and removed on dispose. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-pg-'));
  const plan = await preparePostgres(dir, await freePort());
  const [program = '', ...args] = plan.command;
  let child: ChildProcess | undefined;
  const postgres: TestPostgres = {
    url: plan.url,
    async stop() {
      if (child === undefined) return;
      const gone = once(child, 'exit');
      child.kill('SIGINT');
      await gone;
      child = undefined;
    },
    async start() {
      child = spawn(program, args, { stdio: 'ignore' });
      await until('PostgreSQL answers', () => postgresAnswers(plan.url));
    },
    async [Symbol.asyncDispose]() {
      await postgres.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}

/** Another database of the same PostgreSQL, empty. */
export async function databaseOf(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}
