import { SIGNATURE_TAG } from '@assay/domain/model-check/signing-policy';
import type pg from 'pg';
import { putTags } from './context.ts';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { ASSAY, tellVersionTag } from './webhook-outbox.ts';

/** Tag of versions that name a family: mirrors the check for clients. Releases look at the table, never at the tag. */
export const CHECK_TAG = 'assay.check';
export const FAMILY_TAG = 'assay.family';
export const CHECK_CHANNEL = 'assay_model_checks';

const TAG_LENGTH = 1000;

export type CheckState = 'pending' | 'ok' | 'refused' | 'none';

export interface PendingVersion {
  readonly name: string;
  readonly version: number;
  readonly location: string;
  readonly family: string | null;
  /** Bundle in the tag, where there is one. */
  readonly signature: string | null;
  readonly asked: number;
}

/** Queues a version in the transaction that makes it; whoever checks is told when that commits. */
export const queueCheck = async (
  db: Db,
  name: string,
  version: number,
  hasFamily: boolean,
): Promise<void> => {
  await db.query('INSERT INTO model_checks (name, version) VALUES ($1, $2)', [name, version]);
  if (hasFamily) await putTags(db, 'version_tags', { name, version }, [{ key: CHECK_TAG, value: 'pending' }]);
  await db.query('SELECT pg_notify($1, $2)', [CHECK_CHANNEL, '']);
};

interface Of {
  readonly name: string;
  readonly version: number;
  readonly nowMs: number;
}

const putCheckTag = async (db: Db, { name, version, nowMs }: Of, value: string): Promise<void> => {
  const tag = { key: CHECK_TAG, value };
  await putTags(db, 'version_tags', { name, version }, [tag]);
  await tellVersionTag(db, { caller: ASSAY, nowMs }, { name, version, ...tag });
};

/** Nothing is said any more of a version that names no family. */
const dropCheckTag = async (db: Db, { name, version, nowMs }: Of): Promise<void> => {
  const sql = 'DELETE FROM version_tags WHERE name = $1 AND version = $2 AND key = $3 RETURNING key';
  const gone = await one(db, sql, [name, version, CHECK_TAG]);
  if (gone !== undefined)
    await tellVersionTag(db, { caller: ASSAY, nowMs }, { name, version, key: CHECK_TAG });
};

/** Another family is another question, and so is another signature. */
export const requeueCheck = async (db: Db, of: Of): Promise<void> => {
  const { name, version } = of;
  const queued = await one(
    db,
    `UPDATE model_checks SET state = 'pending', asked = asked + 1, report = NULL, checked = NULL WHERE name = $1 AND version = $2 RETURNING 1`,
    [name, version],
  );
  if (queued === undefined) return;
  const family = 'SELECT 1 FROM version_tags WHERE name = $1 AND version = $2 AND key = $3';
  if ((await one(db, family, [name, version, FAMILY_TAG])) === undefined) await dropCheckTag(db, of);
  else await putCheckTag(db, of, 'pending');
  await db.query('SELECT pg_notify($1, $2)', [CHECK_CHANNEL, '']);
};

/** Tags that the check reads. */
export const isAsked = (key: string): boolean => key === FAMILY_TAG || key === SIGNATURE_TAG;

/** What was judged by another signing policy (null: by none) is asked anew; answers how many versions. */
export const requeueJudgedBefore = async (db: Db, policy: string | null): Promise<number> => {
  const { rowCount } = await db.query(
    `UPDATE model_checks SET state = 'pending', asked = asked + 1
     WHERE state IN ('ok', 'refused') AND report->'signature'->>'policy' IS DISTINCT FROM $1`,
    [policy],
  );
  return rowCount ?? 0;
};

export const pendingVersions = async (db: Db): Promise<PendingVersion[]> =>
  (await rows(
    db,
    `SELECT c.name, c.version, c.asked, v.location, t.value AS family, s.value AS signature FROM model_checks c JOIN model_versions v USING (name, version)
     LEFT JOIN version_tags t ON t.name = c.name AND t.version = c.version AND t.key = $1
     LEFT JOIN version_tags s ON s.name = c.name AND s.version = c.version AND s.key = $2
     WHERE c.state = 'pending' AND NOT v.deleted ORDER BY v.created, c.name, c.version LIMIT 100`,
    [FAMILY_TAG, SIGNATURE_TAG],
  )) as unknown as PendingVersion[];

/** Names out of a hostile file may hold what PostgreSQL's text and jsonb do not: U+0000 and halves of surrogate pairs. */
const storable = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value;

/** Writes what the check said, unless the version was deleted, renamed or asked about anew meanwhile. */
export const recordCheck = async (
  pool: pg.Pool,
  { name, version, family, asked }: PendingVersion,
  result: { readonly state: CheckState; readonly report: object | null; readonly summary: string },
  nowMs: number,
): Promise<void> =>
  transaction(pool, async (db) => {
    const report = result.report === null ? null : JSON.stringify(result.report, storable);
    const done = await one(
      db,
      `UPDATE model_checks SET state = $3, report = $4, checked = $5
       WHERE name = $1 AND version = $2 AND asked = $6 AND state = 'pending' RETURNING 1`,
      [name, version, result.state, report, nowMs, asked],
    );
    if (done === undefined || family === null) return;
    const value = String(storable('', result.summary)).slice(0, TAG_LENGTH);
    await putCheckTag(db, { name, version, nowMs }, value);
  });

/** null where the bytes are not in this registry, so that nothing was queued. */
export const checkOf = async (db: Db, name: string, version: number): Promise<Row | null> => {
  const row = await one(
    db,
    'SELECT state, report, checked FROM model_checks WHERE name = $1 AND version = $2',
    [name, version],
  );
  if (row === undefined) return null;
  return {
    state: row.state,
    report: row.report,
    checkedAtMs: row.checked === null ? null : Number(row.checked),
  };
};
