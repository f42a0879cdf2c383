import { AssayError } from '@assay/domain/errors';
import type { TrackedVersion } from '@assay/domain/ports/control-store';
import type { Deps } from '../deps.ts';

/**
 * Who may not approve a version: who trained or registered it, and everybody who edited it since. Throws UNREACHABLE when
 * the registry cannot say (nobody approves then).
 */
export async function authorsOf(
  { registry }: Pick<Deps, 'registry'>,
  { model, version, createdBy }: TrackedVersion,
): Promise<readonly string[]> {
  try {
    return [createdBy, ...((await registry?.version(model, version))?.authors ?? [])];
  } catch (error) {
    // Deleted there meanwhile: nobody edits it any more
    if (error instanceof AssayError && error.code === 'NOT_FOUND') return [createdBy];
    throw error;
  }
}
