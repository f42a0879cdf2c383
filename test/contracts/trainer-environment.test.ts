import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureTrainerEnvironment } from '@assay/adapters/trainer/environment';
import { once } from '@assay/adapters/trainer/once';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const exec = promisify(execFile);
const path = process.env.PATH ?? '';
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assay-environment-'));
});
afterEach(() => {
  process.env.PATH = path;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A folder that is the whole PATH: only these commands exist. */
async function onlyCommands(name: string, commands: Readonly<Record<string, string>>): Promise<void> {
  const bin = join(dir, name);
  await mkdir(bin);
  for (const [command, script] of Object.entries(commands)) {
    await writeFile(join(bin, command), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, command), 0o755);
  }
  process.env.PATH = bin;
}

describe('the environment of the trainers is refused, with what is missing', () => {
  test.for([
    { name: 'no-python', commands: {}, says: 'no Python 3.11 or later on PATH (none found)' },
    { name: 'old-python', commands: { python3: 'echo 3 8' }, says: 'python3 is 3.8' },
    {
      name: 'no-venv',
      commands: { python3: 'case "$2" in *venv*) exit 1;; esac; echo 3 12' },
      says: 'no venv and ensurepip, and uv is not on PATH',
    },
    {
      name: 'install-fails',
      commands: { uv: 'case "$1" in pip) echo no network >&2; exit 2;; esac' },
      says: 'installing requirements.lock.txt with uv failed (uv, status 2): no network',
    },
  ])('$name', async ({ name, commands, says }) => {
    await onlyCommands(name, commands);
    const cacheDir = join(dir, `cache-${name}`);
    await expect(ensureTrainerEnvironment({ cacheDir })).rejects.toMatchObject({
      code: 'TRAINER_ENVIRONMENT',
      message: expect.stringContaining(says),
    });
    // Nothing half-made is left to be taken for whole.
    expect(await readdir(join(cacheDir, 'trainers'))).toEqual([]);
  });
});

describe('made once', () => {
  const script = (folder: string, log: string): string => `
    import { appendFile, mkdir } from 'node:fs/promises';
    import { setTimeout } from 'node:timers/promises';
    import { once } from '@assay/adapters/trainer/once';
    await once(${JSON.stringify(folder)}, async (draft) => {
      await appendFile(${JSON.stringify(log)}, 'made\\n');
      await setTimeout(700);
      await mkdir(draft);
    });`;

  test('by three processes at once', async () => {
    const [folder, log] = [join(dir, 'thing'), join(dir, 'thing.log')];
    const file = join(import.meta.dirname, `once-${process.pid}.scratch.ts`);
    await writeFile(file, script(folder, log));
    try {
      await Promise.all([1, 2, 3].map(() => exec(process.execPath, ['--no-warnings', file])));
    } finally {
      await rm(file);
    }
    expect(await readFile(log, 'utf8')).toBe('made\n');
  });

  test('after a process died over it', async () => {
    const folder = join(dir, 'orphan');
    await writeFile(`${folder}.lock`, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${folder}.lock`, longAgo, longAgo);
    await once(folder, (draft) => mkdir(draft).then(() => undefined));
    expect(await readdir(folder)).toEqual([]);
  });

  test('again after the first try failed', async () => {
    const folder = join(dir, 'second');
    await expect(once(folder, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    await once(folder, (draft) => symlink(dir, draft));
    expect((await readdir(dir)).filter((n) => n.startsWith('second'))).toEqual(['second']);
  });
});
