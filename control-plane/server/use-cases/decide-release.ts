import type { ApprovalPoint } from '@assay/domain/autonomy';
import type { Change } from '@assay/domain/ports/control-store';
import { hasEnded, type Release, releaseId } from '@assay/domain/release';
import { assertFourEyes, assertMay, type Identity } from '@assay/domain/roles';
import type { ServedVersion } from '@assay/domain/route-plan';
import type { Deps } from '../deps.ts';
import { said } from './statement.ts';

interface Ref {
  readonly model: string;
  readonly version: string;
}

export async function approveRelease(
  { store, workflows }: Deps,
  by: Identity,
  { model, version }: Ref,
  { point, comment }: { point: ApprovalPoint; comment: string },
): Promise<Release> {
  assertMay(by, 'release.approve');
  const id = releaseId(model, version);
  assertFourEyes(by, (await store.version(model, version)).createdBy, id);
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
    const served = await routed({ store }, at);
    const changes: Change[] = [
      ...(served === undefined
        ? []
        : [{ kind: 'route', endpoint: at.endpoint, change: { kind: 'withdraw', version: served } } as const]),
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

/** The candidate as the route names it; undefined where it gets no traffic, and nothing is to be withdrawn. */
async function routed(
  { store }: Pick<Deps, 'store'>,
  { endpoint, model, version }: Release,
): Promise<ServedVersion | undefined> {
  const { route } = await store.endpoint(endpoint);
  const arms = route?.experiments.flatMap((x) => x.arms.map((a) => a.served)) ?? [];
  const all = [route?.canary, ...(route?.shadows ?? []), ...arms];
  const served = all.find((v) => v?.model === model && v.version === version);
  if (served === undefined) return undefined;
  return { model, version, path: served.path, ...(served.digest !== undefined && { digest: served.digest }) };
}
