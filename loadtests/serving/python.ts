import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { once } from '@assay/adapters/trainer/once';
import { cacheFolder } from '@assay/cli/supervisor/cache';

const run = promisify(execFile);
const LOCK = fileURLToPath(new URL('./python/requirements.lock.txt', import.meta.url));

/** The hand-written Python server and the interpreter of its pinned environment, made once per lock file. */
export async function pythonServer(): Promise<{ interpreter: string; program: string }> {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(process.env), `py-serving-${digest}`);
  await once(folder, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await run(join(draft, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', LOCK]);
  });
  return {
    interpreter: join(folder, 'bin/python'),
    program: fileURLToPath(new URL('./python/server.py', import.meta.url)),
  };
}
