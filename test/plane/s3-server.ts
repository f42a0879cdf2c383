import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once as event } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { once } from '@assay/adapters/trainer/once';
import { cacheFolder } from '@assay/cli/supervisor/cache';
import { freePort } from '@assay/cli/supervisor/free-port';
import { until } from './until.ts';

const run = promisify(execFile);
const LOCK = fileURLToPath(new URL('../reference/s3-server/requirements.lock.txt', import.meta.url));
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'assay-test', AWS_SECRET_ACCESS_KEY: 'not-a-real-secret' };

/** Python of an environment with moto's server, made once per lock file. */
async function motoFolder(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(process.env), `py-s3-server-${digest}`);
  await once(folder, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await run(join(draft, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', LOCK]);
  });
  return folder;
}

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  /** What a client of it needs in its environment, except the bucket. */
  readonly env: Readonly<Record<string, string>>;
}

/** An S3-compatible server (moto's) on loopback, with one bucket; stopped on dispose. */
export async function startS3Server(bucket: string): Promise<S3Server> {
  const folder = await motoFolder();
  const dir = await mkdtemp(join(tmpdir(), 'assay-s3-'));
  const port = String(await freePort());
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', port];
  const child = spawn(join(folder, 'bin/python'), args, {
    cwd: dir,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: dir, TMPDIR: dir },
  });
  const gone = event(child, 'exit');
  const endpoint = `http://127.0.0.1:${port}`;
  const made = () =>
    fetch(`${endpoint}/${bucket}`, { method: 'PUT', body: '' }).then(
      (r) => r.ok,
      () => false,
    );
  const server: S3Server = {
    endpoint,
    env: { ...CREDENTIALS, AWS_REGION: 'us-east-1', ASSAY_S3_ENDPOINT: endpoint },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await until('the S3 server has its bucket', made, 60_000);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
