import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { once } from '@assay/adapters/trainer/once';
import { cacheFolder } from '@assay/cli/supervisor/cache';

const run = promisify(execFile);

/** Python of an environment with exactly what a lock file with hashes names; made once per lock file. */
export async function lockedPython(name: string, lock: string): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(process.env), `py-${name}-${digest}`);
  await once(folder, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await run(join(draft, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', lock]);
  });
  return join(folder, 'bin', 'python');
}
