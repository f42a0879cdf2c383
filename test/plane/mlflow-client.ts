import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '@assay/cli/supervisor/cache';

const run = promisify(execFile);
const LOCK = fileURLToPath(new URL('../contracts/mlflow-requirements.lock.txt', import.meta.url));

/** Python of an environment with the pinned MLflow client, made once a lock file. */
export async function mlflowClientPython(): Promise<string> {
  const cache = cacheFolder(process.env);
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 16);
  const folder = join(cache, `py-mlflow-${digest}`);
  const binary = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'done'))) return binary;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
  await run(binary, ['-m', 'pip', 'install', ...flags, '-r', LOCK], { timeout: 240_000 });
  mkdirSync(join(folder, 'done.new'));
  renameSync(join(folder, 'done.new'), join(folder, 'done'));
  return binary;
}
