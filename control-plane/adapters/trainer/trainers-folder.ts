import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The reference trainers: cwd of every training. */
export const TRAINERS_DIR = fileURLToPath(new URL('../../../workflows/trainers', import.meta.url));

/** Lock files in the order they are installed; the second one holds data only, so without dependencies. */
export const LOCKS = [
  { file: 'requirements.lock.txt', flags: [] },
  { file: 'data.lock.txt', flags: ['--no-deps'] },
] as const;

/** The lock files one after another, each under its name. */
export async function lockText(): Promise<string> {
  const texts = LOCKS.map(
    async ({ file }) => `# ${file}\n${await readFile(join(TRAINERS_DIR, file), 'utf8')}`,
  );
  return (await Promise.all(texts)).join('\n');
}

/** Short digest of some of the folder's files: what was made from them is found again as long as they stay. */
export async function keyOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(TRAINERS_DIR, file))).update('\0');
  return hash.digest('hex').slice(0, 16);
}
