import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { BlobStore } from './artifacts-blobs.ts';
import type { Staged } from './artifacts-staging.ts';
import { type Db, one, transaction } from './database.ts';

/** What became of a blob that nobody may need any more. */
export type Reclaimed = 'removed' | 'shared' | 'arriving';

interface Claim {
  readonly id: string;
  /** What was known of the blob before. */
  readonly blob: 'new' | 'known' | 'damaged';
}

const CLAIM_LOST = Symbol('claim lost');
const isForeignKey = (error: unknown) => (error as { code?: string } | null)?.code === '23503';

/**
 * Which blobs there are and who needs them. A blob's row is locked while its bytes are deleted, and named or claimed only
 * under a key lock of that row, so that bytes never go while somebody is about to name them.
 */
export class BlobLedger {
  readonly #pool: pg.Pool;
  readonly #blobs: BlobStore;

  constructor(pool: pg.Pool, blobs: BlobStore) {
    this.#pool = pool;
    this.#blobs = blobs;
  }

  /** Stores a staged file and names it in one transaction with `name`. Whatever fails leaves neither name nor bytes. */
  async keep<T>(staged: Staged, nowMs: number, name: (db: Db) => Promise<T>): Promise<T> {
    for (;;) {
      const claim = await this.#claim(staged, nowMs);
      if (claim === undefined) continue;
      try {
        await this.#bring(claim, staged);
        const named = await this.#name(claim.id, staged, name);
        if (named !== CLAIM_LOST) return named as T;
      } catch (error) {
        await this.#pool.query('DELETE FROM blob_claims WHERE id = $1', [claim.id]);
        await this.reclaim(staged.digest);
        throw error;
      }
    }
  }

  /**
   * Undefined when the blob was deleted in between: ask again. The claim itself need not survive a power cut: bytes without
   * a row are an orphan that the sweep finds, and a name's commit brings the row to disk.
   */
  async #claim({ digest, size, tags }: Staged, nowMs: number): Promise<Claim | undefined> {
    const id = randomUUID();
    try {
      const before = await one(
        this.#pool,
        `WITH unsynced AS (SELECT set_config('synchronous_commit', 'off', true)),
           blob AS (INSERT INTO blobs (digest, size, created, tags) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING),
           claim AS (INSERT INTO blob_claims (id, digest, at) SELECT $5, $1, $3 FROM unsynced)
         SELECT damaged FROM blobs WHERE digest = $1`,
        [digest, size, nowMs, tags, id],
      );
      return { id, blob: before === undefined ? 'new' : before.damaged === true ? 'damaged' : 'known' };
    } catch (error) {
      if (isForeignKey(error)) return undefined;
      throw error;
    }
  }

  async #bring({ blob }: Claim, { file, digest, size }: Staged): Promise<void> {
    if (blob === 'known' && (await this.#blobs.sizeOf(digest)) === size) return;
    await this.#blobs.put(file, { digest, size });
    if (blob === 'damaged')
      await this.#pool.query('UPDATE blobs SET damaged = false WHERE digest = $1', [digest]);
  }

  #name<T>(claim: string, { digest }: Staged, name: (db: Db) => Promise<T>): Promise<T | typeof CLAIM_LOST> {
    return transaction(this.#pool, async (db) => {
      const mine = await one(db, 'DELETE FROM blob_claims WHERE id = $1 AND digest = $2 RETURNING id', [
        claim,
        digest,
      ]);
      // A sweep took the claim of an upload older than its grace period: the bytes may be gone too
      return mine === undefined ? CLAIM_LOST : name(db);
    });
  }

  /** Deletes a blob unless a name or an upload under way needs it. Twice is harmless. */
  async reclaim(digest: string): Promise<Reclaimed> {
    return transaction(this.#pool, async (db) => {
      const row = await one(db, 'SELECT digest FROM blobs WHERE digest = $1 FOR UPDATE', [digest]);
      if (row === undefined) return 'removed';
      // A second statement: it sees whatever was named or claimed while the lock was waited for
      const held = await one(
        db,
        'SELECT EXISTS (SELECT FROM artifacts WHERE digest = $1) AS shared, EXISTS (SELECT FROM blob_claims WHERE digest = $1) AS arriving',
        [digest],
      );
      if (held?.shared === true) return 'shared';
      if (held?.arriving === true) return 'arriving';
      await db.query('DELETE FROM blobs WHERE digest = $1', [digest]);
      await this.#blobs.delete(digest);
      return 'removed';
    });
  }
}
