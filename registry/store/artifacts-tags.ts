import { createCipheriv, randomBytes } from 'node:crypto';

/** Blobs are verified in blocks of this size, so that a range can be verified without reading the rest. */
export const BLOCK_BYTES = 1024 * 1024;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/**
 * GMAC of one block (NIST SP 800-38D: AES-256-GCM over data that is not encrypted), its number the nonce. Who does not know
 * the key finds no other bytes with this tag, and it takes an eighth of SHA-256's time.
 */
const tagOf = (key: Buffer, number: number, block: Uint8Array): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 6, 6);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(block);
  cipher.final();
  return cipher.getAuthTag();
};

/** The tags of one blob's blocks, in their order. */
export class BlockTags {
  /** Random, for this blob alone: a nonce never meets two blocks. */
  readonly #key = randomBytes(KEY_BYTES);
  readonly #tags: Buffer[] = [];

  add(block: Uint8Array): void {
    this.#tags.push(tagOf(this.#key, this.#tags.length, block));
  }

  /** Key and tags, one after another: what `verified` compares with. */
  bytes(): Buffer {
    return Buffer.concat([this.#key, ...this.#tags]);
  }
}

/** Cuts a stream into blocks of BLOCK_BYTES; only the last is shorter. A chunk that is a whole block is passed on as it is. */
export async function* blocksOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.alloc(0);
  let used = 0;
  for await (const chunk of source) {
    const { length } = chunk; // Whoever has got a block may empty it
    for (let from = 0; from < length; ) {
      const part = chunk.subarray(from, from + BLOCK_BYTES - used);
      from += part.length;
      if (part.length === BLOCK_BYTES) {
        yield part;
        continue;
      }
      if (used === 0) block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      block.set(part, used);
      used += part.length;
      if (used < BLOCK_BYTES) continue;
      yield block;
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

/** Passes on blocks that match; the first is number `first` of the blob. Throws what `damaged` makes before a byte that does not. */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  tags: Buffer,
  first: number,
  damaged: () => Promise<Error>,
): AsyncGenerator<Uint8Array> {
  const key = tags.subarray(0, KEY_BYTES);
  let number = first;
  for await (const block of blocksOf(source)) {
    const at = KEY_BYTES + number * TAG_BYTES;
    if (!tags.subarray(at, at + TAG_BYTES).equals(tagOf(key, number, block))) throw await damaged();
    number += 1;
    yield block;
  }
}
