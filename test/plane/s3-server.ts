import { spawn } from 'node:child_process';
import { once as event } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@assay/cli/supervisor/free-port';
import { toolsPython } from './pythons.ts';
import { until } from './until.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'assay-test', AWS_SECRET_ACCESS_KEY: 'not-a-real-secret' };

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  /** What a client of it needs in its environment, except the bucket. */
  readonly env: Readonly<Record<string, string>>;
}

/** An S3-compatible server (moto's) on loopback, with one bucket; stopped on dispose. */
export async function startS3Server(bucket: string): Promise<S3Server> {
  const python = await toolsPython();
  const dir = await mkdtemp(join(tmpdir(), 'assay-s3-'));
  const port = String(await freePort());
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', port];
  const child = spawn(python, args, {
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
