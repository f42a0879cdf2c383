import { AssayError } from './errors.ts';
import { FAMILY_NAMES } from './families/family.ts';
import type { GatedAlias } from './gated-alias.ts';
import { assertStep, nameOf, type Stage } from './model-version.ts';
import { releaseId } from './release.ts';
import { assertMay, type Identity } from './roles.ts';

/** Version tags by which a data scientist says where a version belongs. */
export const FAMILY_TAG = 'assay.family';
export const ENDPOINT_TAG = 'assay.endpoint';
export const SNAPSHOT_TAG = 'assay.snapshot_dir';
/** Version tag by which Assay says where its release stands; nobody else writes it. */
export const RELEASE_TAG = 'assay.release';

/** The tag's text: where the release stands, and where to read on. */
export const releaseTag = (model: string, version: string, stands: string): string =>
  `${stands}, see /api/v1/releases/${encodeURIComponent(model)}/${encodeURIComponent(version)}`;

/** What is known when somebody moves `champion` or `challenger` by hand. */
export interface AliasRequest {
  readonly by: Identity;
  readonly model: string;
  readonly version: string;
  readonly alias: GatedAlias;
}

export interface AliasRequestFacts {
  readonly tags: Readonly<Record<string, string>>;
  readonly hasOnnx: boolean;
  /** Undefined: not tracked by the lifecycle yet. */
  readonly stage: Stage | undefined;
  readonly endpoints: readonly { readonly name: string; readonly family: string }[];
  readonly openReleases: readonly { readonly id: string; readonly endpoint: string }[];
  /** Endpoint → snapshot that judged its newest release. */
  readonly snapshots: Readonly<Record<string, string>>;
}

/** Already so (or asked for already), or a release to be requested; whatever cannot be done is thrown with its code. */
export type AliasAnswer =
  | { readonly kind: 'already' }
  | { readonly kind: 'request'; readonly endpoint: string; readonly snapshotDir: string };

/**
 * Judges a hand-made move of a gated alias. Throws PERMISSION_DENIED, QUARANTINED, TRANSITION_REFUSED, MODEL_NOT_ONNX,
 * FAMILY_MISSING, ENDPOINT_MISSING, ENDPOINT_BUSY, SNAPSHOT_MISSING.
 */
export function judgeAliasRequest(asked: AliasRequest, facts: AliasRequestFacts): AliasAnswer {
  const { by, model, version, alias } = asked;
  assertMay(by, 'release.request');
  const id = releaseId(model, version);
  if (facts.stage === 'champion' && alias === 'champion') return { kind: 'already' };
  if (facts.openReleases.some((r) => r.id === id)) return { kind: 'already' };
  assertStep(asked, facts.stage ?? 'registered', 'validated', 'automation');
  if (!facts.hasOnnx)
    throw new AssayError(
      'MODEL_NOT_ONNX',
      `Cannot release ${nameOf(asked)}: the registry holds no ONNX file of it`,
    );
  const endpoint = endpointOf(asked, facts);
  const busy = facts.openReleases.find((r) => r.endpoint === endpoint);
  if (busy !== undefined)
    throw new AssayError(
      'ENDPOINT_BUSY',
      `Cannot release ${nameOf(asked)} on "${endpoint}": ${busy.id} is in progress`,
    );
  return { kind: 'request', endpoint, snapshotDir: snapshotOf(asked, facts, endpoint) };
}

function endpointOf(asked: AliasRequest, { tags, endpoints }: AliasRequestFacts): string {
  const family = FAMILY_NAMES.find((f) => f === tags[FAMILY_TAG]);
  if (family === undefined)
    throw new AssayError(
      'FAMILY_MISSING',
      `Cannot release ${nameOf(asked)}: its tag "${FAMILY_TAG}" is ${JSON.stringify(tags[FAMILY_TAG] ?? null)}`,
    );
  const named = tags[ENDPOINT_TAG];
  const fitting = endpoints.filter((e) => e.family === family && (named === undefined || e.name === named));
  const [only] = fitting;
  if (only === undefined || fitting.length > 1)
    throw new AssayError(
      'ENDPOINT_MISSING',
      `Cannot release ${nameOf(asked)}: ${fitting.length} endpoints of family "${family}"${named === undefined ? '' : ` are named "${named}"`}, it needs exactly one`,
    );
  return only.name;
}

function snapshotOf(asked: AliasRequest, { tags, snapshots }: AliasRequestFacts, endpoint: string): string {
  const dir = tags[SNAPSHOT_TAG] ?? snapshots[endpoint];
  if (dir === undefined || dir === '' || dir.startsWith('/') || dir.split('/').includes('..'))
    throw new AssayError(
      'SNAPSHOT_MISSING',
      `Cannot release ${nameOf(asked)} on "${endpoint}": ${dir === undefined ? 'nothing says' : `${JSON.stringify(dir)} does not say`} which snapshot's hold-out rows judge it`,
    );
  return dir;
}
