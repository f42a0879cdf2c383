import { randomUUID } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import { nameOf, type VersionRef } from '@assay/domain/model-version';
import type { TrackedVersion } from '@assay/domain/ports/control-store';
import { assertFourEyes, assertMay, type Identity } from '@assay/domain/roles';
import type { Deps } from '../deps.ts';
import { authorsOf } from './authors.ts';
import { said } from './statement.ts';

/** A person lets a rolled-back version try again, by name and with a reason; it begins at the first gate. */
export async function releaseFromQuarantine(
  deps: Deps,
  by: Identity,
  ref: VersionRef,
  reason: string,
): Promise<TrackedVersion> {
  assertMay(by, 'quarantine.release');
  const { store } = deps;
  const tracked = await store.version(ref.model, ref.version);
  const { stage } = tracked;
  if (stage !== 'rolled-back')
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot release ${nameOf(ref)} from quarantine: it is "${stage}", not "rolled-back"`,
    );
  assertFourEyes(by, await authorsOf(deps, tracked), `${nameOf(ref)} out of quarantine`);
  const id = `version/${nameOf(ref)}`;
  await store.commit({
    key: `${id}/quarantine/${randomUUID()}`,
    statement: said(by, id, 'version.released-from-quarantine', reason),
    changes: [{ kind: 'stage', ...ref, stage: 'registered' }],
    by: 'person',
  });
  return store.version(ref.model, ref.version);
}
