import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface RegistryProcess {
  readonly url: string;
  readonly pid: number;
  /** Sends the signal and waits until the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** The real registry process, with its folder and database of before if there are any. `dir` holds its artifacts. */
export async function startRegistryProcess(
  dir: string,
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RegistryProcess> {
  const ready = join(dir, 'ready.json');
  rmSync(ready, { force: true });
  const child = spawn(join(ROOT, 'node_modules/.bin/node'), [join(ROOT, 'registry/server/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      NODE_NO_WARNINGS: '1',
      DATABASE_URL: databaseUrl,
      ASSAY_ARTIFACTS: join(dir, 'artifacts'),
      ASSAY_REGISTRY_PORT: '0',
      ASSAY_READY_FILE: ready,
      ...env,
    },
  });
  const gone = once(child, 'exit');
  await until('the registry is ready', async () => existsSync(ready));
  const { url } = JSON.parse(readFileSync(ready, 'utf8')) as { url: string };
  return {
    url,
    pid: child.pid ?? 0,
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}
