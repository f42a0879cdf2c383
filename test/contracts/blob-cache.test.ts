import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servedFiles } from '@assay/adapters/registry/served-files';
import { BlobCache } from '@assay/registry-client/blob-cache';
import { RegistryClient } from '@assay/registry-client/registry-client';
import { blobPathOf } from '@assay/registry-store/artifacts-blobs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytesOf, sha256 } from './artifact-stores.ts';
import { startTestRegistry, type TestRegistry } from './registry-server.ts';

let registry: TestRegistry;
let dir: string;
const cacheOf = () => new BlobCache(new RegistryClient({ baseUrl: registry.url }), dir);
const upload = async (path: string, bytes: Buffer): Promise<string> => {
  const url = `${registry.url}/api/2.0/mlflow-artifacts/artifacts/${path}`;
  expect((await fetch(url, { method: 'PUT', body: new Blob([new Uint8Array(bytes)]) })).status).toBe(200);
  return sha256(bytes);
};

beforeAll(async () => {
  registry = await startTestRegistry();
  dir = await mkdtemp(join(tmpdir(), 'assay-cache-'));
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

test('a served version is fetched by digest once, whole, and found again', async () => {
  const bytes = bytesOf(3_000_000, 1);
  const digest = await upload('cache/model.onnx', bytes);
  const fileOf = servedFiles({ kind: 'assay', baseUrl: registry.url }, dir);
  const version = { model: 'm', version: '1', path: blobPathOf(digest), digest };
  const files = await Promise.all([fileOf(version), fileOf(version)]);
  expect(files).toEqual([join(dir, version.path), join(dir, version.path)]);
  expect(sha256(readFileSync(files[0]))).toBe(digest);
  expect(readdirSync(join(dir, 'fetched'))).toEqual([]);
  // Without a registry to ask: what is there is used
  const alone = new BlobCache(new RegistryClient({ baseUrl: 'http://127.0.0.1:9' }), dir);
  expect(await alone.fileOf(digest)).toBe(files[0]);
});

test('a changed file in the cache is refused', async () => {
  const digest = await upload('cache/changed', bytesOf(1000, 2));
  const file = await cacheOf().fileOf(digest);
  writeFileSync(file, 'something else');
  await expect(cacheOf().fileOf(digest)).rejects.toMatchObject({ code: 'MODEL_DIGEST' });
});

test('what the registry cannot give whole leaves no file', async () => {
  await expect(cacheOf().fileOf('0'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const bytes = bytesOf(2_500_000, 3);
  const digest = await upload('cache/damaged', bytes);
  const damaged = Buffer.from(bytes);
  damaged[2_400_000] = (damaged[2_400_000] ?? 0) ^ 1;
  writeFileSync(join(registry.artifacts, blobPathOf(digest)), damaged);
  await expect(cacheOf().fileOf(digest)).rejects.toThrow();
  expect(readdirSync(join(dir, 'fetched'))).toEqual([]);
  expect(() => readFileSync(join(dir, blobPathOf(digest)))).toThrow('ENOENT');
});
