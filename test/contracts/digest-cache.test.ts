import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servedFiles } from '@assay/adapters/registry/served-files';
import { DigestCache } from '@assay/registry-client/digest-cache';
import { fetchedFiles } from '@assay/registry-client/fetched-files';
import { blobPathOf } from '@assay/registry-store/artifacts-blobs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytesOf, sha256 } from './artifact-stores.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { startTestRegistry, type TestRegistry } from './registry-server.ts';

let registry: TestRegistry;
let dir: string;
/** By digest alone: the plan's path is nowhere. */
const fileOf = (digest: string, baseUrl = registry.url): Promise<string> =>
  fetchedFiles({ baseUrl }, dir)(join(dir, 'nowhere'), { digest });
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
  const served = servedFiles({ kind: 'assay', baseUrl: registry.url }, dir);
  const version = { model: 'm', version: '1', path: blobPathOf(digest), digest };
  const files = await Promise.all([served(version), served(version)]);
  expect(files).toEqual([join(dir, version.path), join(dir, version.path)]);
  expect(sha256(readFileSync(files[0]))).toBe(digest);
  expect(readdirSync(join(dir, 'fetched'))).toEqual([]);
  // Without a registry to ask: what is there is used
  expect(await fileOf(digest, 'http://127.0.0.1:9')).toBe(files[0]);
});

test('a changed file in the cache is refused', async () => {
  const digest = await upload('cache/changed', bytesOf(1000, 2));
  const file = await fileOf(digest);
  writeFileSync(file, 'something else');
  await expect(fileOf(digest)).rejects.toMatchObject({ code: 'MODEL_DIGEST' });
});

test('what the registry cannot give whole leaves no file', async () => {
  await expect(fileOf('0'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const bytes = bytesOf(2_500_000, 3);
  const digest = await upload('cache/damaged', bytes);
  const damaged = Buffer.from(bytes);
  damaged[2_400_000] = (damaged[2_400_000] ?? 0) ^ 1;
  writeFileSync(join(registry.artifacts, blobPathOf(digest)), damaged);
  await expect(fileOf(digest)).rejects.toThrow();
  expect(readdirSync(join(dir, 'fetched'))).toEqual([]);
  expect(() => readFileSync(join(dir, blobPathOf(digest)))).toThrow('ENOENT');
});

test('a download that breaks off goes on where it was, and one that never ends well says so', async () => {
  const bytes = bytesOf(3_000_000, 4);
  const digest = await upload('cache/broken', bytes);
  const cut = await CuttingProxy.start(registry.url, 1_000_000);
  const file = await fileOf(digest, cut.url);
  expect(sha256(readFileSync(file))).toBe(digest);
  // Each connection brought at most a million bytes (one that is cut may bring none), and went on where the last one ended
  const starts = cut.ranges.map((r) => Number(/\d+/.exec(r ?? '0')?.[0]));
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(new Set(starts).size).toBeGreaterThan(2);
  await cut[Symbol.asyncDispose]();

  // Cut where all bytes have come and only the end of the answer has not: nothing is left to ask for
  const late = await upload('cache/late', bytesOf(1_000_000, 6));
  const end = await CuttingProxy.start(registry.url, 1_000_000);
  expect(sha256(readFileSync(await fileOf(late, end.url)))).toBe(late);
  await end[Symbol.asyncDispose]();

  const dead = await CuttingProxy.start(registry.url, 0);
  await expect(fileOf(await upload('cache/dead', bytesOf(1000, 5)), dead.url)).rejects.toMatchObject({
    code: 'UNREACHABLE',
  });
  await dead[Symbol.asyncDispose]();
});

test('bytes of unknown digest are kept under theirs', async () => {
  const bytes = bytesOf(100_000, 6);
  async function* pieces() {
    yield bytes.subarray(0, 60_000);
    yield bytes.subarray(60_000);
  }
  const cache = new DigestCache(dir);
  const kept = await cache.add(pieces());
  expect(kept).toEqual({ path: blobPathOf(sha256(bytes)), digest: sha256(bytes), sizeBytes: 100_000 });
  expect(await cache.add(pieces())).toEqual(kept);
  expect(sha256(readFileSync(join(dir, kept.path)))).toBe(kept.digest);
  expect(readdirSync(join(dir, 'fetched'))).toEqual([]);
});
