import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@assay/cli/supervisor/free-port';
import { postgresAnswers, preparePostgres } from '@assay/cli/supervisor/postgres';
import { until } from './until.ts';

export interface TestPostgres extends AsyncDisposable {
  readonly url: string;
}

/** A real PostgreSQL in a folder of its own; stopped and removed on dispose. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-pg-'));
  const plan = await preparePostgres(dir, await freePort());
  const [program = '', ...args] = plan.command;
  const child = spawn(program, args, { stdio: 'ignore' });
  await until('PostgreSQL answers', () => postgresAnswers(plan.url));
  return {
    url: plan.url,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGINT');
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
