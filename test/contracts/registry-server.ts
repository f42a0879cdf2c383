import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres, type TestPostgres } from '../plane/postgres.ts';
import { startRegistryProcess } from '../plane/registry-process.ts';

export const TOKENS = {
  service: 'tok-service',
  client: 'tok-client',
  scientist: 'tok-scientist',
  owner: 'tok-owner',
};

export interface TestRegistry extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
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
  const registry = await startRegistryProcess(dir, postgres.url, {
    ASSAY_TOKENS: JSON.stringify({
      [TOKENS.service]: { subject: 'workflows', role: 'service' },
      [TOKENS.client]: { subject: 'shop', role: 'serving-client' },
      [TOKENS.scientist]: { subject: 'ada', role: 'data-scientist' },
      [TOKENS.owner]: { subject: 'olga', role: 'product-owner' },
    }),
    ...env,
  });
  return {
    url: registry.url,
    pid: registry.pid,
    artifacts: join(dir, 'artifacts'),
    database: postgres.url,
    async restartAfterKill() {
      await registry.end('SIGKILL');
      return onFolder(dir, postgres, env);
    },
    async [Symbol.asyncDispose]() {
      await registry.end('SIGTERM');
      await postgres[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
