import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '@assay/cli/supervisor/cache';
import { freePort } from '@assay/cli/supervisor/free-port';
import { findTemporal, temporalAnswers, temporalArguments } from '@assay/cli/supervisor/temporal';
import { until } from './until.ts';

export interface TestTemporal extends AsyncDisposable {
  readonly address: string;
}

/** A real Temporal dev server in a folder of its own; stopped and removed on dispose. */
export async function startTestTemporal(): Promise<TestTemporal> {
  const program = await findTemporal(cacheFolder(process.env), (line) => console.error(line));
  const dir = await mkdtemp(join(tmpdir(), 'assay-temporal-'));
  const port = await freePort();
  const child = spawn(program, [...temporalArguments(join(dir, 'temporal.db'), port)], { stdio: 'ignore' });
  const address = `127.0.0.1:${port}`;
  await until('Temporal answers', () => temporalAnswers(address));
  return {
    address,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
