import {
  type AliasAnswer,
  type AliasRequest,
  type AliasRequestFacts,
  judgeAliasRequest,
  RELEASE_TAG,
  releaseTag,
} from '@assay/domain/alias-request';
import { AssayError, type ErrorCode } from '@assay/domain/errors';
import type { GatedAlias } from '@assay/domain/gated-alias';
import type { Stage } from '@assay/domain/model-version';
import { ROLES, type Role } from '@assay/domain/roles';
import { type Context, putTags } from './context.ts';
import { type Db, one, type Row, rows } from './database.ts';
import { type FaultCode, RegistryFault } from './faults.ts';
import { tellVersionTag } from './webhook-outbox.ts';

/** How a refusal of the gate reads for MLflow's clients, which retry no 400, 403, 404 or 409. */
const FAULT_OF: Readonly<Partial<Record<ErrorCode, FaultCode>>> = {
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  QUARANTINED: 'PERMISSION_DENIED',
  ENDPOINT_BUSY: 'RESOURCE_CONFLICT',
};

/** Assay's code and remedy go into the message: MLflow's body has no field for them. */
const toFault = (error: unknown): unknown =>
  error instanceof AssayError
    ? new RegistryFault(
        FAULT_OF[error.code] ?? 'INVALID_PARAMETER_VALUE',
        `${error.message} (${error.code}). ${error.remedy}. Or ask the release flow yourself: assay release request, POST /api/v1/releases`,
      )
    : error;

const asRole = (role: string): Role => ROLES.find((r) => r === role) ?? 'serving-client';

/**
 * Answers a hand-made move of `champion` or `challenger`: a release request in the outbox and a tag on the version, in one
 * transaction, or a refusal. Asked twice while the first waits, it is one request.
 */
export const requestRelease = async (
  db: Db,
  { caller, nowMs }: Context,
  { name, version, alias, hasOnnx }: { name: string; version: number; alias: GatedAlias; hasOnnx: boolean },
): Promise<void> => {
  const by = { subject: caller.subject, role: asRole(caller.role) };
  const asked: AliasRequest = { by, model: name, version: String(version), alias };
  const answer = judged(asked, await factsOf(db, name, version, hasOnnx));
  if (answer.kind === 'already') return;
  const added = await one(
    db,
    `INSERT INTO release_requests (name, version, alias, by_subject, by_role, at, endpoint, snapshot_dir)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name, version) WHERE state = 'waiting' DO NOTHING RETURNING id`,
    [name, version, alias, by.subject, by.role, nowMs, answer.endpoint, answer.snapshotDir],
  );
  if (added === undefined) return;
  const value = releaseTag(
    name,
    String(version),
    `requested: "${alias}" on endpoint "${answer.endpoint}" by ${by.subject}`,
  );
  const tag = { key: RELEASE_TAG, value };
  await putTags(db, 'version_tags', { name, version }, [tag]);
  await tellVersionTag(db, { caller, nowMs }, { name, version, ...tag });
  await db.query(`SELECT pg_notify('assay_registry', 'request')`);
};

const judged = (asked: AliasRequest, facts: AliasRequestFacts): AliasAnswer => {
  try {
    return judgeAliasRequest(asked, facts);
  } catch (error) {
    throw toFault(error);
  }
};

/** Reads the control plane's tables beside our own: the same database is how the two processes meet. */
const factsOf = async (
  db: Db,
  name: string,
  version: number,
  hasOnnx: boolean,
): Promise<AliasRequestFacts> => {
  const control = await one(db, `SELECT to_regclass('assay.gated_alias') IS NOT NULL AS there`);
  if (control?.there !== true)
    throw new RegistryFault(
      'PERMISSION_DENIED',
      `Cannot move an alias that follows the release of "${name}": no control plane uses this database, so nobody can carry out the release request. Start one: assay up`,
    );
  const tags = await rows(db, 'SELECT key, value FROM version_tags WHERE name = $1 AND version = $2', [
    name,
    version,
  ]);
  const stage = await one(db, 'SELECT stage FROM assay.tracked_version WHERE model = $1 AND version = $2', [
    name,
    String(version),
  ]);
  const snapshots = await rows(
    db,
    `SELECT DISTINCT ON (r.endpoint) r.endpoint, a.evidence->>'snapshot' AS dir FROM assay.release r
     JOIN assay.audit_log a ON a.decision = r.id AND a.event = 'release.validating' ORDER BY r.endpoint, a.sequence DESC`,
  );
  return {
    tags: textsOf(tags, 'key', 'value'),
    hasOnnx,
    stage: stage?.stage as Stage | undefined,
    endpoints: (await rows(db, 'SELECT name, family FROM assay.endpoint')) as AliasRequestFacts['endpoints'] &
      Row[],
    openReleases: (await rows(
      db,
      'SELECT id, endpoint FROM assay.release WHERE is_open',
    )) as AliasRequestFacts['openReleases'] & Row[],
    snapshots: textsOf(snapshots, 'endpoint', 'dir'),
  };
};

const textsOf = (found: readonly Row[], key: string, value: string): Record<string, string> =>
  Object.fromEntries(found.map((r) => [String(r[key]), String(r[value])]));
