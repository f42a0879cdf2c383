import { setTimeout as delay } from 'node:timers/promises';
import type { ProfileName } from '@assay/domain/delivery-profile';
import { AssayError } from '@assay/domain/errors';
import { FAMILY_NAMES } from '@assay/domain/families/family';
import type { TrackedVersion } from '@assay/domain/ports/control-store';
import { hasEnded, type Release, releaseId, standing } from '@assay/domain/release';
import { assertMay, type Identity } from '@assay/domain/roles';
import type { Deps } from '../deps.ts';
import { said } from './statement.ts';

type ReleaseDeps = Pick<Deps, 'store' | 'workflows' | 'registry'>;

export interface ReleaseBody {
  readonly model: string;
  readonly version: string;
  readonly endpoint?: string | undefined;
  readonly profile?: ProfileName | undefined;
  readonly snapshotDir: string;
}

const OPENED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;

/** Starts the release and waits until its workflow has opened it; asked again, it answers the one that is there. */
export async function requestRelease(deps: ReleaseDeps, by: Identity, body: ReleaseBody): Promise<Release> {
  assertMay(by, 'release.request');
  const { store, workflows } = deps;
  const tracked = await trackedVersion(deps, by, body);
  const id = releaseId(body.model, body.version);
  const there = await found(deps, id);
  if (there !== undefined && !hasEnded(there.state)) return onEndpoint(there, body.endpoint);
  if (tracked.stage === 'rolled-back')
    throw new AssayError(
      'QUARANTINED',
      `Cannot release ${body.model}/${body.version}: it was rolled back and is quarantined`,
    );
  if (there !== undefined && tracked.stage !== 'registered') return onEndpoint(there, body.endpoint);
  const endpoint = await endpointFor(deps, tracked, body.endpoint);
  const { profile } = await store.endpoint(endpoint);
  await assertFree(deps, id, endpoint);
  await workflows.startRelease({
    model: body.model,
    version: body.version,
    endpoint,
    family: tracked.family,
    profile: body.profile ?? profile,
    requestedBy: by.subject,
    snapshotDir: body.snapshotDir,
  });
  for (let waitedMs = 0; waitedMs < OPENED_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
    const opened = await found(deps, id);
    if (opened !== undefined && (there === undefined || opened.requestedAtMs > there.requestedAtMs))
      return opened;
    await delay(LOOK_EVERY_MS);
  }
  throw new AssayError(
    'UNREACHABLE',
    `Cannot open ${id}: no worker has taken it up within 10 s; it goes on when one does`,
  );
}

/** The release that is there, where it is the one that was asked for. Throws RELEASED_ELSEWHERE. */
function onEndpoint(there: Release, asked: string | undefined): Release {
  if (asked !== undefined && asked !== there.endpoint)
    throw new AssayError(
      'RELEASED_ELSEWHERE',
      `Cannot release ${there.model}/${there.version} on "${asked}": its release is on "${there.endpoint}" (${standing(there.state)})`,
      { field: 'endpoint' },
    );
  return there;
}

/** Said at once; the transaction that opens the release asks again. Throws ENDPOINT_BUSY. */
async function assertFree({ store }: ReleaseDeps, id: string, endpoint: string): Promise<void> {
  const [other] = await store.releases({ endpoint, open: true });
  if (other !== undefined)
    throw new AssayError('ENDPOINT_BUSY', `Cannot open ${id} on "${endpoint}": ${other.id} is in progress`);
}

async function found({ store }: ReleaseDeps, id: string): Promise<Release | undefined> {
  return (await store.releases({})).find((r) => r.id === id);
}

async function trackedVersion(deps: ReleaseDeps, by: Identity, body: ReleaseBody): Promise<TrackedVersion> {
  const { store, registry } = deps;
  const { model, version } = body;
  try {
    return await store.version(model, version);
  } catch (error) {
    if (!(error instanceof AssayError && error.code === 'NOT_FOUND') || registry === undefined) throw error;
  }
  const { createdBy, onnx, tags, refusals = [], signature } = await registry.version(model, version);
  const family = FAMILY_NAMES.find((f) => f === tags['assay.family']);
  if (onnx === null || family === undefined)
    throw new AssayError(
      'REQUEST_INVALID',
      `Cannot release ${model}/${version}: it needs an ONNX file and the tag "assay.family"`,
      { field: 'version' },
    );
  if (refusals.length > 0)
    throw new AssayError(
      'MODEL_CHECK_REFUSED',
      `Cannot release ${model}/${version}: the registry's check refused it: ${refusals.join('; ')}`,
      { field: 'version' },
    );
  if (signature?.status === 'refused')
    throw new AssayError(
      'SIGNATURE_REFUSED',
      `Cannot release ${model}/${version}: its signature is refused: ${signature.value}`,
      { field: 'version' },
    );
  await store.trackVersion(
    { model, version, family, createdBy, digest: onnx.digest },
    said(by, releaseId(model, version), 'version.tracked', 'its release is requested', {
      digest: onnx.digest,
    }),
  );
  return store.version(model, version);
}

async function endpointFor(
  { store }: ReleaseDeps,
  { family, model }: TrackedVersion,
  asked: string | undefined,
): Promise<string> {
  if (asked !== undefined) return asked;
  const [only, ...others] = (await store.endpoints()).filter((e) => e.family === family);
  if (only === undefined || others.length > 0)
    throw new AssayError(
      'REQUEST_INVALID',
      `Cannot release "${model}": name the endpoint, ${family} has not exactly one`,
      {
        field: 'endpoint',
      },
    );
  return only.name;
}
