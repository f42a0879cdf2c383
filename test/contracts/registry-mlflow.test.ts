import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '@assay/cli/supervisor/cache';
import { expect, test } from 'vitest';
import { startTestRegistry } from './registry-server.ts';

const run = promisify(execFile);
const LOCK = fileURLToPath(new URL('./mlflow-requirements.lock.txt', import.meta.url));
const CACHE = cacheFolder(process.env);
const SCRIPT = fileURLToPath(new URL('./registry_mlflow.py', import.meta.url));

/** An environment with the pinned client, made once a lock file. */
async function python(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 16);
  const folder = join(CACHE, `py-mlflow-${digest}`);
  const binary = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'done'))) return binary;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
  await run(binary, ['-m', 'pip', 'install', ...flags, '-r', LOCK], { timeout: 240_000 });
  mkdirSync(join(folder, 'done.new'));
  renameSync(join(folder, 'done.new'), join(folder, 'done'));
  return binary;
}

test('the unchanged MLflow client logs, registers, loads, searches, and cannot pass the gate', async () => {
  await using registry = await startTestRegistry();
  // A server error is a failure here, not something to try again for minutes
  const env = { PATH: process.env.PATH, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0' };
  const { stdout } = await run(await python(), [SCRIPT, registry.url], { env, timeout: 120_000 });
  expect(stdout.trim().split('\n').at(-1)).toBe('OK');
});
