import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AssayError } from '@assay/domain/errors';
import type { ModelVersion, RegistryClient } from './registry-client.ts';

/**
 * Writes all files of a version below an empty folder, each compared with its digest. Past `maxTotalBytes` no byte is
 * fetched: empty files of the same sizes stand there instead, for whoever judges sizes. Throws MODEL_DIGEST.
 */
export async function downloadVersion(
  client: RegistryClient,
  version: ModelVersion,
  folder: string,
  maxTotalBytes: number,
): Promise<void> {
  const total = version.artifacts.reduce((sum, a) => sum + a.sizeBytes, 0);
  for (const { path, digest, sizeBytes } of version.artifacts) {
    const file = join(folder, path);
    if (normalize(path) !== path || path.startsWith('/') || path.startsWith('..'))
      throw new AssayError(
        'REQUEST_INVALID',
        `Cannot download "${path}" of ${version.name}: it leaves its folder`,
      );
    await mkdir(dirname(file), { recursive: true });
    if (total > maxTotalBytes) {
      await writeFile(file, '');
      await truncate(file, sizeBytes);
    } else await fetchFile(client, digest, file, path);
  }
}

async function fetchFile(client: RegistryClient, digest: string, file: string, path: string): Promise<void> {
  const hash = createHash('sha256');
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const body = Readable.fromWeb(
    (await client.downloadBlob(digest)) as Parameters<typeof Readable.fromWeb>[0],
  );
  await pipeline(body, count, createWriteStream(file));
  const found = hash.digest('hex');
  if (found !== digest)
    throw new AssayError(
      'MODEL_DIGEST',
      `Cannot download "${path}": its digest is ${found}, the registry says ${digest}`,
    );
}
