import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AssayError } from '@assay/domain/errors';

export interface StoredFile {
  /** Below the folder. */
  readonly path: string;
  /** Hex SHA-256. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/**
 * Lays stored files out below an empty folder, each compared with its digest. Past `maxTotalBytes` nothing is read:
 * empty files of the same sizes stand there instead, for whoever judges sizes. Throws MODEL_DIGEST, REQUEST_INVALID.
 */
export async function writeFolder(
  folder: string,
  files: readonly StoredFile[],
  maxTotalBytes: number,
  read: (digest: string) => Promise<Readable>,
): Promise<void> {
  const total = files.reduce((sum, f) => sum + f.sizeBytes, 0);
  for (const { path, digest, sizeBytes } of files) {
    const file = join(folder, path);
    if (normalize(path) !== path || path.startsWith('/') || path.startsWith('..'))
      throw new AssayError('REQUEST_INVALID', `Cannot write "${path}": it leaves its folder`);
    await mkdir(dirname(file), { recursive: true });
    if (total > maxTotalBytes) {
      await writeFile(file, '');
      await truncate(file, sizeBytes);
      continue;
    }
    const found = await copy(await read(digest), file);
    if (found !== digest)
      throw new AssayError('MODEL_DIGEST', `Cannot read "${path}": its digest is ${found}, not ${digest}`);
  }
}

async function copy(body: Readable, file: string): Promise<string> {
  const hash = createHash('sha256');
  const digest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(body, digest, createWriteStream(file));
  return hash.digest('hex');
}
