import { createHash, webcrypto } from 'node:crypto';

/** Blobs are verified in blocks of this size, so that a range can be verified without reading the rest. */
export const BLOCK_BYTES = 1024 * 1024;
const DIGEST_BYTES = 32;

export interface Digested {
  /** SHA-256 of the whole, hex. */
  readonly digest: string;
  readonly size: number;
  /** SHA-256 of each block of BLOCK_BYTES, one after another. */
  readonly blocks: Buffer;
}

/** Runs on libuv's threads, beside the digest of the whole. */
const blockDigest = async (block: Buffer): Promise<Buffer> =>
  Buffer.from(await webcrypto.subtle.digest('SHA-256', block as Buffer<ArrayBuffer>));

/** Cuts a stream into blocks of BLOCK_BYTES; only the last is shorter. */
export async function* blocksOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let used = 0;
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + BLOCK_BYTES - used);
      block.set(part, used);
      used += part.length;
      from += part.length;
      if (used < BLOCK_BYTES) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

/** Digests a stream and hands each block to `write`; one block is written while the next arrives. */
export const digestInto = async (
  source: AsyncIterable<Uint8Array>,
  write: (block: Buffer) => Promise<unknown>,
): Promise<Digested> => {
  const whole = createHash('sha256');
  const blocks: Buffer[] = [];
  let size = 0;
  let written: Promise<unknown> = Promise.resolve();
  try {
    for await (const block of blocksOf(source)) {
      const parts = blockDigest(block);
      await written;
      written = write(block);
      written.catch(() => {}); // Awaited below; a full disk must not end the process before that
      whole.update(block);
      size += block.length;
      blocks.push(await parts);
    }
  } finally {
    await written;
  }
  return { digest: whole.digest('hex'), size, blocks: Buffer.concat(blocks) };
};

/** Passes on blocks that match; the first is number `first` of the blob. Throws what `damaged` makes before a byte that does not. */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  blocks: Buffer,
  first: number,
  damaged: () => Promise<Error>,
): AsyncGenerator<Buffer> {
  let number = first;
  for await (const block of blocksOf(source)) {
    const expected = blocks.subarray(number * DIGEST_BYTES, (number + 1) * DIGEST_BYTES);
    if (!expected.equals(await blockDigest(block))) throw await damaged();
    number += 1;
    yield block;
  }
}
