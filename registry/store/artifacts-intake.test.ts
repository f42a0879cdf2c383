import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { takeIn } from './artifacts-intake.ts';
import { BLOCK_BYTES, verified } from './artifacts-tags.ts';

const dir = mkdtempSync(join(tmpdir(), 'assay-intake-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Bytes that differ in every block. */
const bytesOf = (size: number): Buffer => {
  const bytes = Buffer.alloc(size, 'assay');
  for (let at = 0; at + 4 <= size; at += BLOCK_BYTES / 2) bytes.writeUInt32LE(at + 1, at);
  return bytes;
};
async function* chunks(bytes: Buffer, size: number) {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const refused = async () => new Error('damaged');
const readVerified = async (source: AsyncIterable<Uint8Array>, tags: Uint8Array, first = 0) => {
  const blocks: Uint8Array[] = [];
  for await (const block of verified(source, Buffer.from(tags), first, refused)) blocks.push(block);
  return Buffer.concat(blocks);
};

test.for([
  ['nothing', 0, 1],
  ['one byte', 1, 1],
  ['a block less one', BLOCK_BYTES - 1, 65_536],
  ['a block', BLOCK_BYTES, BLOCK_BYTES],
  ['a block and one', BLOCK_BYTES + 1, 3 * BLOCK_BYTES],
  ['more than is on the way at once, in odd chunks', 20 * BLOCK_BYTES + 5, 70_001],
] as const)('%s: on disk, digested, and its blocks are known again', async ([name, size, chunk]) => {
  const bytes = bytesOf(size);
  const file = join(dir, name);
  const taken = await takeIn(chunks(bytes, chunk), file);
  expect(taken).toMatchObject({ digest: sha256(bytes), size });
  expect(readFileSync(file).equals(bytes)).toBe(true);
  expect((await readVerified(chunks(bytes, 100_000), taken.tags)).equals(bytes)).toBe(true);
});

test('a block elsewhere than where it was, or changed, is refused, and those before it are not', async () => {
  const bytes = bytesOf(3 * BLOCK_BYTES);
  const { tags } = await takeIn(chunks(bytes, BLOCK_BYTES), undefined);
  const [a, b, c] = [0, 1, 2].map((n) => bytes.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES));
  expect((await readVerified(chunks(Buffer.concat([b, c] as Buffer[]), 9999), tags, 1)).length).toBe(
    2 * BLOCK_BYTES,
  );
  await expect(readVerified(chunks(Buffer.concat([a, c] as Buffer[]), 9999), tags)).rejects.toThrow(
    'damaged',
  );
  const changed = Buffer.from(bytes);
  changed[BLOCK_BYTES + 7] = (changed[BLOCK_BYTES + 7] ?? 0) ^ 1;
  const got: number[] = [];
  await expect(async () => {
    for await (const block of verified(chunks(changed, 50_000), Buffer.from(tags), 0, refused))
      got.push(block.length);
  }).rejects.toThrow('damaged');
  expect(got).toEqual([BLOCK_BYTES]);
});

test('streams share the threads, and one that fails disturbs no other', async () => {
  const good = [3, 5, 7, 9, 11].map((mib) => bytesOf(mib * BLOCK_BYTES));
  async function* broken() {
    yield bytesOf(2 * BLOCK_BYTES);
    throw new Error('the client hung up');
  }
  const [taken, hungUp, noFolder, there] = await Promise.all([
    Promise.all(good.map((bytes, i) => takeIn(chunks(bytes, 40_000), join(dir, `good-${i}`)))),
    takeIn(broken(), join(dir, 'broken')).catch(String),
    takeIn(chunks(bytesOf(30 * BLOCK_BYTES), 65_536), join(dir, 'absent', 'x')).catch(String),
    takeIn(chunks(bytesOf(1), 1), dir).catch(String),
  ]);
  expect(taken.map((t) => t.digest)).toEqual(good.map(sha256));
  expect(hungUp).toBe('Error: the client hung up');
  expect(noFolder).toContain('ENOENT');
  expect(there).toContain('EEXIST');
});
