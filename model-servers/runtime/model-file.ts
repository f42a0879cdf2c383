import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { AssayError } from '@assay/domain/errors';

/** A model file by the hex SHA-256 of its bytes. */
export interface ModelFile {
  readonly file: string;
  readonly digest: string;
  readonly bytes: number;
}

const missing = (file: string, cause: unknown): AssayError =>
  new AssayError('MODEL_MISSING', `Cannot load model "${file}": ${(cause as Error).message}`, { cause });

/** Reads piece by piece: a large file holds up nobody. Throws MODEL_MISSING, MODEL_DIGEST. */
export async function readModel(file: string, digest: string | undefined): Promise<ModelFile> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    const found = hash.digest('hex');
    assertDigest(file, found, digest ?? found);
    return { file, digest: found, bytes: (await stat(file)).size };
  } catch (cause) {
    throw cause instanceof AssayError ? cause : missing(file, cause);
  }
}

/** The file's bytes, if they are still those of the digest. Throws MODEL_MISSING, MODEL_DIGEST. */
export async function bytesOf({ file, digest }: Pick<ModelFile, 'file' | 'digest'>): Promise<Buffer> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw missing(file, cause);
  });
  assertDigest(file, createHash('sha256').update(bytes).digest('hex'), digest);
  return bytes;
}

function assertDigest(file: string, found: string, wanted: string): void {
  if (found !== wanted)
    throw new AssayError(
      'MODEL_DIGEST',
      `Cannot load model "${file}": its SHA-256 is ${found}, the plan says ${wanted}`,
    );
}
