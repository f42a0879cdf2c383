import { Readable } from 'node:stream';
import type pg from 'pg';
import type { BlobStore, ByteRange } from './artifacts-blobs.ts';
import { takeIn } from './artifacts-intake.ts';
import { BLOCK_BYTES, verified } from './artifacts-tags.ts';
import { one } from './database.ts';
import { absent, RegistryFault } from './faults.ts';

const pages = (size: number, { start, end }: ByteRange) => {
  const first = Math.floor(start / BLOCK_BYTES);
  const after = Math.min((Math.floor(end / BLOCK_BYTES) + 1) * BLOCK_BYTES, size);
  return { first, start: first * BLOCK_BYTES, end: after - 1 };
};

/** Reads blobs so that no byte leaves before the block around it was compared with the tag taken when it was written. */
export class BlobReader {
  readonly #pool: pg.Pool;
  readonly #blobs: BlobStore;

  constructor(pool: pg.Pool, blobs: BlobStore) {
    this.#pool = pool;
    this.#blobs = blobs;
  }

  /** The whole or a range. Each block is the caller's own. Throws RESOURCE_DOES_NOT_EXIST, DATA_LOSS. */
  async *blocks(digest: string, { start = 0, end }: Partial<ByteRange> = {}): AsyncGenerator<Uint8Array> {
    const { size, tags } = await this.#row(digest);
    const last = Math.min(end ?? size - 1, size - 1);
    if (start > last) return;
    const wanted = pages(size, { start, end: last });
    const stored = await this.#blobs.open(digest, wanted);
    if (stored === undefined) throw await this.#lost(digest, 'its bytes are gone');
    let at = wanted.start;
    const mismatch = () => this.#lost(digest, 'its bytes do not match their digest');
    for await (const block of verified(stored, tags, wanted.first, mismatch)) {
      const [from, to] = [Math.max(0, start - at), last + 1 - at];
      at += block.length; // Whoever has got a block may empty it
      yield block.subarray(from, to);
    }
    if (at <= last) throw await this.#lost(digest, 'it is cut short');
  }

  async #row(digest: string): Promise<{ size: number; tags: Buffer }> {
    const row = await one(this.#pool, 'SELECT size, tags FROM blobs WHERE digest = $1', [digest]);
    if (row === undefined) throw absent(`There is no blob ${JSON.stringify(digest)}`);
    const size = Number(row.size);
    return { size, tags: (row.tags as Buffer | null) ?? (await this.#index(digest, size)) };
  }

  /** A blob from whose block tags are not kept yet: it is verified whole once, and they are kept from then on. */
  async #index(digest: string, size: number): Promise<Buffer> {
    const stored = size === 0 ? Readable.from([]) : await this.#blobs.open(digest);
    if (stored === undefined) throw await this.#lost(digest, 'its bytes are gone');
    const found = await takeIn(stored, undefined);
    if (found.digest !== digest) throw await this.#lost(digest, 'its bytes do not match their digest');
    await this.#pool.query('UPDATE blobs SET tags = $2 WHERE digest = $1', [digest, found.tags]);
    return Buffer.from(found.tags);
  }

  /** Marked, so that the next upload of the same bytes replaces what lies there. */
  async #lost(digest: string, why: string): Promise<RegistryFault> {
    await this.#pool.query('UPDATE blobs SET damaged = true WHERE digest = $1', [digest]);
    return new RegistryFault(
      'DATA_LOSS',
      `Cannot read blob ${digest}: ${why}. Upload the file again, or restore the blob from a backup`,
    );
  }
}
