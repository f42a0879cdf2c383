import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArtifactStore } from '@assay/registry-store/artifacts';
import type { BlobStore } from '@assay/registry-store/artifacts-blobs';
import { requestDeletion, runDeletion } from '@assay/registry-store/artifacts-deletions';
import { sweep } from '@assay/registry-store/artifacts-sweep';
import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADAPTERS, bytesOf, read, sha256, startTestStore, type TestStore } from './artifact-stores.ts';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

describe.each(ADAPTERS)('artifacts on %s', (adapter) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore(adapter);
  });
  afterAll(() => store[Symbol.asyncDispose]());

  const stored = async () => {
    const digests = [];
    for await (const { digest } of store.blobs.list()) digests.push(digest);
    return digests;
  };
  const putFile = async (bytes: Buffer) => {
    const file = join(store.dir, 'given');
    await writeFile(file, bytes);
    const blob = { digest: sha256(bytes), size: bytes.length };
    await store.blobs.put(file, blob);
    return blob.digest;
  };
  const rowsOf = async (digest: string) =>
    (await store.pool.query('SELECT 1 FROM blobs WHERE digest = $1', [digest])).rowCount;

  test.for([
    ['nothing', 0],
    ['one byte', 1],
    ['several parts of a multipart transfer', 20 * MIB + 3],
  ] as const)('the port keeps %s', async ([, size]) => {
    const bytes = bytesOf(size, 7);
    const digest = await putFile(bytes);
    expect(await putFile(bytes)).toBe(digest);
    expect(await store.blobs.sizeOf(digest)).toBe(size);
    expect((await stored()).filter((d) => d === digest)).toHaveLength(1);
    if (size > 0) {
      const found = await store.blobs.open(digest);
      expect(found && sha256(await read(found))).toBe(digest);
      const end = await store.blobs.open(digest, { start: size - 1, end: size - 1 });
      expect(end && (await read(end))).toEqual(bytes.subarray(-1));
    }
    await store.blobs.delete(digest);
    await store.blobs.delete(digest);
    expect(await store.blobs.sizeOf(digest)).toBeUndefined();
    expect(await store.blobs.open(digest)).toBeUndefined();
  });

  test.for([
    ['whole', 0, undefined],
    ['inside a block', 5, 9],
    ['across blocks', MIB - 3, 2 * MIB + 4],
    ['to the end', 3 * MIB + 10, undefined],
  ] as const)('reads a verified range: %s', async ([, start, end]) => {
    const bytes = bytesOf(3 * MIB + 77, 3);
    const digest = await store.upload('ranges/file.bin', bytes);
    expect(await read(store.artifacts.read(digest, end === undefined ? { start } : { start, end }))).toEqual(
      bytes.subarray(start, end === undefined ? undefined : end + 1),
    );
  });

  test('a flipped bit is an error before its block, ranges elsewhere are served, and an upload heals it', async () => {
    const bytes = bytesOf(4 * MIB, 11);
    const digest = await store.upload('flip/file.bin', bytes);
    await store.flip(digest, 2 * MIB + 100);
    const got: Buffer[] = [];
    const reading = store.artifacts.read(digest).on('data', (chunk: Buffer) => got.push(chunk));
    const failure = await new Promise<Error & { code?: string }>((resolve) => reading.once('error', resolve));
    expect(failure.code).toBe('DATA_LOSS');
    expect(failure.message).toContain(digest);
    expect(Buffer.concat(got)).toEqual(bytes.subarray(0, 2 * MIB));
    expect(await read(store.artifacts.read(digest, { start: 3 * MIB, end: 3 * MIB }))).toEqual(
      bytes.subarray(3 * MIB, 3 * MIB + 1),
    );
    await store.upload('flip/again.bin', bytes);
    expect(sha256(await read(store.artifacts.read(digest)))).toBe(digest);
  });

  test('bytes cut short or gone are an error', async () => {
    const digest = await store.upload('gone/file.bin', bytesOf(2 * MIB, 12));
    await store.blobs.delete(digest);
    await expect(read(store.artifacts.read(digest))).rejects.toMatchObject({ code: 'DATA_LOSS' });
  });

  test('a blob whose block tags are not kept yet is verified whole first', async () => {
    const bytes = bytesOf(2 * MIB + 1, 13);
    const digest = await store.upload('old/file.bin', bytes);
    await store.pool.query('UPDATE blobs SET tags = NULL WHERE digest = $1', [digest]);
    expect(await read(store.artifacts.read(digest, { start: 1, end: 4 }))).toEqual(bytes.subarray(1, 5));
    await store.pool.query('UPDATE blobs SET tags = NULL WHERE digest = $1', [digest]);
    await store.flip(digest, 2 * MIB);
    await expect(read(store.artifacts.read(digest, { start: 1, end: 4 }))).rejects.toMatchObject({
      code: 'DATA_LOSS',
    });
  });

  test('an upload that breaks off leaves nothing', async () => {
    const before = await stored();
    const broken = async function* () {
      yield bytesOf(MIB, 14);
      throw new Error('the client hung up');
    };
    await expect(store.artifacts.put('broken/x', Readable.from(broken()), 0)).rejects.toThrow('hung up');
    expect(await stored()).toEqual(before);
    expect(readdirSync(join(store.dir, 'incoming'))).toEqual([]);
    await expect(store.artifacts.find('broken/x')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
  });

  test('a deletion removes what nothing shares, keeps the rest, and says so', async () => {
    const shared = await store.upload('del/a/shared.bin', bytesOf(MIB, 21));
    await store.upload('elsewhere/shared.bin', bytesOf(MIB, 21));
    const own = await store.upload('del/a/own.bin', bytesOf(300, 22));
    const { id } = await requestDeletion(store.context(5), { kind: 'artifact', path: 'del/a' });
    const done = await runDeletion(store.pool, store.artifacts.ledger, String(id), 6);
    expect(done).toMatchObject({
      state: 'done',
      requestedBy: 'ada',
      receipt: {
        removed: [{ digest: own, bytes: 300 }],
        kept: [{ digest: shared, bytes: MIB, why: 'shared' }],
        bytesRemoved: 300,
      },
    });
    expect(await stored()).not.toContain(own);
    expect(await stored()).toContain(shared);
    expect(await runDeletion(store.pool, store.artifacts.ledger, String(id), 7)).toBeUndefined();
  });

  test('a sweep takes orphans older than its grace period and nothing else', async () => {
    const orphan = await putFile(bytesOf(5000, 31));
    const overwritten = await store.upload('sweep/x', bytesOf(100, 32), 0);
    const kept = await store.upload('sweep/x', bytesOf(100, 33), 0);
    const now = Date.now();
    const young = await sweep(store.context(now), DAY_MS);
    expect(await stored()).toEqual(expect.arrayContaining([orphan, kept]));
    expect(JSON.stringify(young.receipt)).toContain(overwritten);
    const old = await sweep(store.context(now + 2 * DAY_MS), DAY_MS);
    expect(JSON.stringify(old.receipt)).toContain(orphan);
    expect(await stored()).not.toContain(orphan);
    expect(await stored()).toContain(kept);
    expect(await rowsOf(orphan)).toBe(0);
  });

  test('a sweep in the middle of an upload of the same bytes takes none of them', async () => {
    const bytes = bytesOf(2 * MIB, 41);
    const digest = sha256(bytes);
    await store.upload('race/first', bytes, 0);
    const { id } = await requestDeletion(store.context(0), { kind: 'artifact', path: 'race/first' });
    // The second upload has claimed the blob when the deletion's job runs, and is named only afterwards
    const receipt = await store.artifacts.staging.receive(Readable.from([bytes]), (staged) =>
      store.artifacts.ledger.keep(staged, Date.now(), async (db) => {
        const done = await runDeletion(store.pool, store.artifacts.ledger, String(id), 1);
        await db.query('INSERT INTO artifacts VALUES ($1, $2, $3, 0)', ['race/second', digest, bytes.length]);
        return done?.receipt;
      }),
    );
    expect(receipt).toBeDefined();
    expect(sha256(await read(store.artifacts.read(digest)))).toBe(digest);
  });

  test('uploads and deletions of the same bytes at the same time end with every named file whole', async () => {
    const bytes = bytesOf(3000, 51);
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        for (let round = 0; round < 6; round += 1) {
          await store.upload(`churn/${i}`, bytes, Date.now());
          if ((i + round) % 2 === 1) continue;
          const asked = await requestDeletion(store.context(0), { kind: 'artifact', path: `churn/${i}` });
          await runDeletion(store.pool, store.artifacts.ledger, String(asked.id), 1);
        }
      }),
    );
    const named = await store.artifacts.children('churn');
    expect(named.length).toBeGreaterThan(0);
    for (const { name } of named) {
      const { digest } = await store.artifacts.find(`churn/${name}`);
      expect(sha256(await read(store.artifacts.read(digest)))).toBe(digest);
    }
  });

  test('an upload whose claim a sweep took begins again', async () => {
    const bytes = bytesOf(9000, 61);
    let puts = 0;
    // As it is when the grace period ends between an upload's bytes and its name
    const swept: BlobStore = {
      location: store.blobs.location,
      open: (digest, range) => store.blobs.open(digest, range),
      sizeOf: (digest) => store.blobs.sizeOf(digest),
      delete: (digest) => store.blobs.delete(digest),
      list: () => store.blobs.list(),
      dropUnfinished: (beforeMs) => store.blobs.dropUnfinished(beforeMs),
      put: async (file, blob) => {
        await store.blobs.put(file, blob);
        puts += 1;
        if (puts === 1) await sweep(store.context(Date.now() + 3 * DAY_MS), DAY_MS);
      },
    };
    const late = new ArtifactStore(swept, store.artifacts.staging, store.pool);
    const { digest } = await late.put('late/x', Readable.from([bytes]), Date.now());
    expect(puts).toBe(2);
    expect(sha256(await read(store.artifacts.read(digest)))).toBe(digest);
  });

  test('transfers into S3 that broke off are dropped', async () => {
    if (adapter !== 'S3') return expect(await store.blobs.dropUnfinished(Date.now())).toBe(0);
    const endpoint = process.env.ASSAY_S3_ENDPOINT ?? '';
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    const Key = `some/prefix/blobs/sha256/ab/${'ab'.repeat(32)}`;
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'assay-test', Key }));
    client.destroy();
    expect(await store.blobs.dropUnfinished(0)).toBe(0);
    // moto begins every upload in 2010
    expect(await store.blobs.dropUnfinished(Date.now() + DAY_MS)).toBe(1);
  });

  test('an uploaded archive is bytes: nothing of it is unpacked anywhere', async () => {
    const tar = Buffer.alloc(1536);
    tar.write('../../../assay-escaped\0', 0);
    tar.write('0000644\0', 100);
    tar.write('00000000005\0', 124);
    tar.write('0', 156);
    tar.write('ustar\x0000', 257);
    tar.write('owned', 512);
    const digest = await store.upload('archives/evil.tar', tar);
    expect(await read(store.artifacts.read(digest))).toEqual(tar);
    await expect(readFile(join(store.dir, '../../../assay-escaped'))).rejects.toThrow('ENOENT');
  });
});
