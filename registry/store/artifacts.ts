import { Readable } from 'node:stream';
import type pg from 'pg';
import type { BlobStore, ByteRange } from './artifacts-blobs.ts';
import { BlobLedger } from './artifacts-ledger.ts';
import { below, childrenOf, requireFree, safePath } from './artifacts-names.ts';
import { BlobReader } from './artifacts-reader.ts';
import { whileNaming } from './artifacts-seal.ts';
import type { Staged, Staging } from './artifacts-staging.ts';
import { one, rows } from './database.ts';
import { absent, invalid } from './faults.ts';

export interface Artifact {
  readonly path: string;
  readonly digest: string;
  readonly size: string;
}

/** Names in PostgreSQL, bytes under their SHA-256 in a blob store: the same bytes are kept once. */
export class ArtifactStore {
  readonly staging: Staging;
  readonly blobs: BlobStore;
  readonly ledger: BlobLedger;
  readonly #reader: BlobReader;
  readonly #pool: pg.Pool;

  constructor(blobs: BlobStore, staging: Staging, pool: pg.Pool) {
    this.blobs = blobs;
    this.staging = staging;
    this.ledger = new BlobLedger(pool, blobs);
    this.#reader = new BlobReader(pool, blobs);
    this.#pool = pool;
  }

  /** The bytes are durable before the name is there; an upload that breaks off leaves neither. */
  async put(given: string, body: AsyncIterable<Uint8Array>, nowMs: number): Promise<Artifact> {
    const path = safePath(given);
    if (path === '') throw invalid('Cannot store an artifact without a name');
    await requireFree(this.#pool, path, undefined);
    return this.staging.receive(body, (staged) => this.name(path, staged, nowMs));
  }

  /** Gives a staged file its name. */
  async name(path: string, staged: Staged, nowMs: number): Promise<Artifact> {
    const { digest, size } = staged;
    await this.ledger.keep(staged, nowMs, async (db) => {
      await whileNaming(db, path);
      await requireFree(db, path, digest);
      await db.query(
        `INSERT INTO artifacts (path, digest, size, written) VALUES ($1, $2, $3, $4)
         ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, size = excluded.size, written = excluded.written`,
        [path, digest, size, nowMs],
      );
    });
    return { path, digest, size: String(size) };
  }

  async find(given: string): Promise<Artifact> {
    const path = safePath(given);
    const row = await one(this.#pool, 'SELECT path, digest, size FROM artifacts WHERE path = $1', [path]);
    if (row !== undefined) return row as unknown as Artifact;
    const [from, to] = below(path);
    const inside = await one(this.#pool, 'SELECT 1 FROM artifacts WHERE path >= $1 AND path < $2 LIMIT 1', [
      from,
      to,
    ]);
    if (inside !== undefined) throw invalid(`Cannot download ${JSON.stringify(path)}: it is a folder`);
    throw absent(`There is no artifact ${JSON.stringify(path)}`);
  }

  /** Verified blocks, as large as they come from the store and the caller's own. Throws RESOURCE_DOES_NOT_EXIST, DATA_LOSS. */
  blocks(digest: string, range?: Partial<ByteRange>): AsyncGenerator<Uint8Array> {
    return this.#reader.blocks(digest, range);
  }

  /** The same as a stream, which has the errors. */
  read(digest: string, range?: Partial<ByteRange>): Readable {
    return Readable.from(this.blocks(digest, range), { objectMode: false });
  }

  /** Everything under a folder, whole paths. */
  async tree(folder: string): Promise<Artifact[]> {
    const sql = 'SELECT path, digest, size FROM artifacts WHERE path >= $1 AND path < $2 ORDER BY path';
    return (await rows(this.#pool, sql, below(safePath(folder)))) as unknown as Artifact[];
  }

  /** Direct children by name; a folder has no size. */
  async children(folder: string): Promise<{ name: string; size: string | null }[]> {
    return childrenOf(this.#pool, safePath(folder));
  }
}
