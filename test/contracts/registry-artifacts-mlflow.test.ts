import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { S3Blobs } from '@assay/registry-store/artifacts-s3';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mlflowClientPython } from '../plane/pythons.ts';
import { startS3Server } from '../plane/s3-server.ts';
import { startTestRegistry, type TestRegistry } from './registry-server.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./registry_artifacts.py', import.meta.url));

/** Parts from 1 MiB on, where the client would begin at 500. */
const SMALL_PARTS = {
  MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: '1048576',
  MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: '1048576',
};

async function drive(registry: TestRegistry): Promise<void> {
  const env = { PATH: process.env.PATH, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0', ...SMALL_PARTS };
  const { stdout } = await run(await mlflowClientPython(), [SCRIPT, registry.url], { env, timeout: 240_000 });
  expect(stdout.trim().split('\n').at(-1)).toBe('OK');
  const client = new pg.Client(registry.database);
  await client.connect();
  const { rows } = await client.query('SELECT path, parts, digest FROM registry.uploads');
  await client.end();
  expect(rows).toEqual([
    { path: expect.stringMatching(/large\/deep\/weights file\.bin$/), parts: 6, digest: expect.any(String) },
  ]);
}

test('the unchanged MLflow client uploads in parts, lists, downloads and deletes on local disk', async () => {
  await using registry = await startTestRegistry();
  await drive(registry);
  expect(await readdir(join(registry.artifacts, 'uploads'))).toEqual([]);
});

test('the same on S3, where the blobs are, and nothing but the staging folder is used here', async () => {
  await using s3 = await startS3Server('assay-models');
  const state = await mkdtemp(join(tmpdir(), 'assay-staging-'));
  const staging = join(state, 'staging');
  try {
    const place = {
      ASSAY_ARTIFACTS: 's3://assay-models/team',
      ASSAY_ARTIFACTS_STAGING: staging,
      ASSAY_STATE: state,
    };
    await using registry = await startTestRegistry({ ...s3.env, ...place });
    await drive(registry);
    Object.assign(process.env, s3.env);
    const blobs = new S3Blobs({
      bucket: 'assay-models',
      prefix: 'team',
      endpoint: s3.endpoint,
      region: 'us-east-1',
    });
    const sizes: number[] = [];
    for await (const { size } of blobs.list()) sizes.push(size);
    expect(sizes.sort((a, b) => a - b)).toEqual([0, 1000, 5 * 2 ** 20 + 17]);
    expect(await readdir(staging, { recursive: true })).toEqual(['incoming', 'uploads']);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test('a bucket that is not there stops the start, naming the variables and no secret', async () => {
  await using s3 = await startS3Server('assay-models');
  Object.assign(process.env, s3.env);
  const blobs = new S3Blobs({
    bucket: 'no-such-bucket',
    prefix: '',
    endpoint: s3.endpoint,
    region: 'us-east-1',
  });
  const refusal = await blobs.check().then(
    () => undefined,
    (error: Error & { code: string }) => error,
  );
  expect(refusal?.code).toBe('CONFIG_INVALID');
  expect(refusal?.message).toMatch(/no-such-bucket.*ASSAY_S3_ENDPOINT/);
  expect(`${refusal?.message}${refusal?.stack}`).not.toContain(s3.env.AWS_SECRET_ACCESS_KEY);
});
