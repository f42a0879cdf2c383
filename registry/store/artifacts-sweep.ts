import type { ArtifactStore } from './artifacts.ts';
import type { StoredBlob } from './artifacts-blobs.ts';
import { type Deletion, insertDeletion } from './artifacts-deletions.ts';
import type { Context } from './context.ts';
import { type Db, one, type Row, rows } from './database.ts';
import { conflict } from './faults.ts';

export interface SweepReceipt {
  readonly graceMs: number;
  readonly removed: readonly { readonly digest: string; readonly bytes: number }[];
  readonly bytesRemoved: number;
  /** Uploads that were begun and never completed, by id. */
  readonly uploads: readonly string[];
  /** Claims, staged files and multipart transfers that broke off. */
  readonly leftovers: { readonly claims: number; readonly staged: number; readonly transfers: number };
}

const BATCH = 500;

/** Bytes that have no row: from before rows were kept, or brought here by hand. They get one, so that they can be reclaimed. */
const adopt = async (db: Db, batch: readonly StoredBlob[]): Promise<void> => {
  await db.query(
    `INSERT INTO blobs (digest, size, created) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING`,
    [batch.map((b) => b.digest), batch.map((b) => b.size), batch.map((b) => b.modifiedMs)],
  );
};

const adoptOrphans = async (db: Db, { blobs }: ArtifactStore, beforeMs: number): Promise<void> => {
  let batch: StoredBlob[] = [];
  for await (const blob of blobs.list()) {
    if (!/^[0-9a-f]{64}$/.test(blob.digest) || blob.modifiedMs >= beforeMs) continue;
    batch.push(blob);
    if (batch.length < BATCH) continue;
    await adopt(db, batch);
    batch = [];
  }
  if (batch.length > 0) await adopt(db, batch);
};

const dropUploads = async (db: Db, { staging }: ArtifactStore, beforeMs: number): Promise<string[]> => {
  const gone = await rows(db, 'DELETE FROM uploads WHERE touched < $1 RETURNING id, digest', [beforeMs]);
  // Looked up before the rows are: an upload has its row before it has a folder, and so is never taken for a leftover
  const folders = await staging.uploads();
  const known = new Set((await rows(db, 'SELECT id FROM uploads')).map((r) => String(r.id)));
  for (const id of folders) if (!known.has(id)) await staging.discard(id);
  return gone.filter((u) => u.digest === null).map((u) => String(u.id));
};

const unneeded = (db: Db, beforeMs: number): Promise<Row[]> =>
  rows(
    db,
    `SELECT digest, size FROM blobs b WHERE created < $1 AND NOT EXISTS (SELECT FROM artifacts a WHERE a.digest = b.digest)
       AND NOT EXISTS (SELECT FROM blob_claims c WHERE c.digest = b.digest)`,
    [beforeMs],
  );

const sweepNow = async (
  db: Db,
  store: ArtifactStore,
  graceMs: number,
  nowMs: number,
): Promise<SweepReceipt> => {
  const beforeMs = nowMs - graceMs;
  const claims = await rows(db, 'DELETE FROM blob_claims WHERE at < $1 RETURNING id', [beforeMs]);
  const uploads = await dropUploads(db, store, beforeMs);
  const staged = await store.staging.dropUnfinished(beforeMs);
  const transfers = await store.blobs.dropUnfinished(beforeMs);
  await adoptOrphans(db, store, beforeMs);
  const removed = [];
  for (const { digest, size } of await unneeded(db, beforeMs))
    if ((await store.ledger.reclaim(String(digest))) === 'removed')
      removed.push({ digest: String(digest), bytes: Number(size) });
  const bytesRemoved = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  return { graceMs, removed, bytesRemoved, uploads, leftovers: { claims: claims.length, staged, transfers } };
};

/**
 * Removes what no name needs and nobody has touched for `graceMs`: blobs, broken-off uploads, staged files. Safe beside
 * uploads under way. Throws RESOURCE_CONFLICT while another sweep runs.
 */
export const sweep = async (
  { pool, artifacts, caller, nowMs }: Pick<Context, 'pool' | 'artifacts' | 'caller' | 'nowMs'>,
  graceMs: number,
): Promise<Deletion> => {
  const db = await pool.connect();
  try {
    const lock = await one(db, `SELECT pg_try_advisory_lock(hashtext('assay.registry.sweep')) AS taken`);
    if (lock?.taken !== true) throw conflict('Cannot sweep: another sweep runs. Wait until it is done');
    try {
      const receipt = await sweepNow(db, artifacts, graceMs, nowMs);
      const request = { kind: 'sweep', target: artifacts.blobs.location, subject: caller.subject, nowMs };
      return await insertDeletion(db, request, {}, receipt);
    } finally {
      await db.query(`SELECT pg_advisory_unlock(hashtext('assay.registry.sweep'))`);
    }
  } finally {
    db.release();
  }
};
