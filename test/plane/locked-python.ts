import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { once } from '@assay/adapters/trainer/once';
import { cacheFolder } from '@assay/cli/supervisor/cache';

const run = promisify(execFile);

const folderOf = (name: string, lock: string): string => {
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 16);
  return join(cacheFolder(process.env), `py-${name}-${digest}`);
};

/** Is the environment there already? Where it is large, tests do not make it by themselves. */
export const hasLockedPython = (name: string, lock: string): boolean => existsSync(folderOf(name, lock));

/** Python of an environment with exactly what a lock file with hashes names; made once per lock file. */
export async function lockedPython(name: string, lock: string): Promise<string> {
  const folder = folderOf(name, lock);
  await once(folder, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await run(join(draft, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', lock]);
  });
  return join(folder, 'bin', 'python');
}
