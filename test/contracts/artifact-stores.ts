import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArtifactStore } from '@assay/registry-store/artifacts';
import { type BlobStore, blobPathOf } from '@assay/registry-store/artifacts-blobs';
import { LocalBlobs } from '@assay/registry-store/artifacts-local';
import { S3Blobs } from '@assay/registry-store/artifacts-s3';
import { Staging } from '@assay/registry-store/artifacts-staging';
import type { Context } from '@assay/registry-store/context';
import { openRegistryDatabase } from '@assay/registry-store/database';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type pg from 'pg';
import { startTestPostgres } from '../plane/postgres.ts';
import { startS3Server } from '../plane/s3-server.ts';

export const ADAPTERS = ['local disk', 'S3'] as const;
export type Adapter = (typeof ADAPTERS)[number];

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Bytes that differ in every block, the same for the same seed. */
export const bytesOf = (size: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(size, seed);
  for (let i = 0; i + 4 <= size; i += 4096) bytes.writeUInt32LE((i ^ (seed * 2_654_435_761)) >>> 0, i);
  return bytes;
};
export const read = async (source: Readable): Promise<Buffer> => Buffer.concat(await source.toArray());

export interface TestStore extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly blobs: BlobStore;
  readonly artifacts: ArtifactStore;
  readonly dir: string;
  readonly context: (nowMs: number) => Context;
  /** Changes one byte of a blob behind the store's back. */
  readonly flip: (digest: string, at: number) => Promise<void>;
  readonly upload: (path: string, bytes: Uint8Array, nowMs?: number) => Promise<string>;
}

const localStore = (dir: string) => {
  const blobs = new LocalBlobs(dir);
  return {
    blobs,
    flip: async (digest: string, at: number) => {
      const bytes = readFileSync(blobs.fileOf(digest));
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(blobs.fileOf(digest), bytes);
    },
    [Symbol.asyncDispose]: async () => {},
  };
};

const s3Store = async () => {
  const server = await startS3Server('assay-test');
  Object.assign(process.env, server.env);
  const place = {
    bucket: 'assay-test',
    prefix: 'some/prefix',
    endpoint: server.endpoint,
    region: 'us-east-1',
  };
  const client = new S3Client({ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true });
  const keyOf = (digest: string) => ({ Bucket: 'assay-test', Key: `some/prefix/${blobPathOf(digest)}` });
  return {
    blobs: new S3Blobs(place),
    flip: async (digest: string, at: number) => {
      const { Body } = await client.send(new GetObjectCommand(keyOf(digest)));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await client.send(new PutObjectCommand({ ...keyOf(digest), Body: bytes }));
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
};

/** The store over a real PostgreSQL and one of its real blob stores; all of it removed on dispose. */
export async function startTestStore(adapter: Adapter): Promise<TestStore> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-artifacts-'));
  const postgres = await startTestPostgres();
  const pool = await openRegistryDatabase(postgres.url);
  // The pool's end does not wait for its sockets, and PostgreSQL says goodbye to those as an error
  pool.on('error', () => {});
  const store = adapter === 'S3' ? await s3Store() : localStore(dir);
  const artifacts = new ArtifactStore(store.blobs, new Staging(dir), pool);
  const caller = { subject: 'ada', role: 'data-scientist' };
  return {
    pool,
    blobs: store.blobs,
    artifacts,
    dir,
    flip: store.flip,
    context: (nowMs) => ({ pool, artifacts, caller, nowMs }),
    upload: async (path, bytes, nowMs = 0) =>
      (await artifacts.put(path, Readable.from([bytes], { objectMode: false }), nowMs)).digest,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await store[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
