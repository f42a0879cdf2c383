import type { ApprovalPoint } from '@assay/domain/autonomy';
import type { Change } from '@assay/domain/ports/control-store';
import { hasEnded, type Release, releaseId } from '@assay/domain/release';
import { assertFourEyes, assertMay, type Identity } from '@assay/domain/roles';
import type { Deps } from '../deps.ts';
import { authorsOf } from './authors.ts';
import { said } from './statement.ts';

interface Ref {
  readonly model: string;
  readonly version: string;
}

export async function approveRelease(
  deps: Deps,
  by: Identity,
  { model, version }: Ref,
  { point, comment }: { point: ApprovalPoint; comment: string },
): Promise<Release> {
  assertMay(by, 'release.approve');
  const { store, workflows } = deps;
  const id = releaseId(model, version);
  assertFourEyes(by, await authorsOf(deps, await store.version(model, version)), id);
  await store.release(id);
  await workflows.approve(id, { point, subject: by.subject, role: by.role, comment });
  return store.release(id);
}

/** Writes the end itself, so that it holds with Temporal away; the workflow is told afterwards and takes either order. */
export async function abortRelease(
  { store, workflows }: Deps,
  by: Identity,
  { model, version }: Ref,
  reason: string,
): Promise<{ release: Release; told: boolean }> {
  assertMay(by, 'release.abort');
  const id = releaseId(model, version);
  const at = await store.release(id);
  if (!hasEnded(at.state)) {
    const changes: Change[] = [
      // Inside the transaction, because its workflow may just be giving it traffic
      { kind: 'withdraw', endpoint: at.endpoint, model, version },
      { kind: 'stage', model, version, stage: 'rejected' },
      { kind: 'release', id, state: { kind: 'aborted', by: by.subject, reason } },
    ];
    await store.commit({
      key: `${id}/${at.requestedAtMs}/abort-by-person`,
      statement: said(by, id, 'release.aborted', reason),
      changes,
      by: 'person',
    });
  }
  const told = await workflows.abort(id, { subject: by.subject, reason }).then(
    () => true,
    () => false,
  );
  return { release: await store.release(id), told };
}
