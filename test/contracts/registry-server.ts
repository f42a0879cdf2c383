import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestPostgres, type TestPostgres } from '../plane/postgres.ts';
import { until } from '../plane/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const TOKENS = {
  service: 'tok-service',
  client: 'tok-client',
  scientist: 'tok-scientist',
  owner: 'tok-owner',
};

export interface TestRegistry extends AsyncDisposable {
  readonly url: string;
  readonly artifacts: string;
  readonly database: string;
  /** Ends the process as a power cut would, and starts another one on the same database and artifacts. */
  restartAfterKill(): Promise<TestRegistry>;
}

/** The real registry process over a real PostgreSQL; stopped and removed on dispose. `env` comes on top. */
export async function startTestRegistry(env: Readonly<Record<string, string>> = {}): Promise<TestRegistry> {
  const postgres = await startTestPostgres();
  const dir = await mkdtemp(join(tmpdir(), 'assay-registry-'));
  return onFolder(dir, postgres, env);
}

async function onFolder(
  dir: string,
  postgres: TestPostgres,
  env: Readonly<Record<string, string>>,
): Promise<TestRegistry> {
  const ready = join(dir, 'ready.json');
  const artifacts = join(dir, 'artifacts');
  rmSync(ready, { force: true });
  const child = spawn(join(ROOT, 'node_modules/.bin/node'), [join(ROOT, 'registry/server/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: postgres.url,
      ASSAY_ARTIFACTS: artifacts,
      ASSAY_REGISTRY_PORT: '0',
      ASSAY_READY_FILE: ready,
      ASSAY_TOKENS: JSON.stringify({
        [TOKENS.service]: { subject: 'workflows', role: 'service' },
        [TOKENS.client]: { subject: 'shop', role: 'serving-client' },
        [TOKENS.scientist]: { subject: 'ada', role: 'data-scientist' },
        [TOKENS.owner]: { subject: 'olga', role: 'product-owner' },
      }),
      ...env,
    },
  });
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  await until('the registry is ready', async () => existsSync(ready));
  const { url } = JSON.parse(readFileSync(ready, 'utf8')) as { url: string };
  return {
    url,
    artifacts,
    database: postgres.url,
    async restartAfterKill() {
      await end('SIGKILL');
      return onFolder(dir, postgres, env);
    },
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
      await postgres[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
