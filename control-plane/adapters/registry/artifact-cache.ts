import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AssayError } from '@assay/domain/errors';

export interface CachedFile {
  /** Relative to the artifact folder. */
  readonly path: string;
  /** Hex SHA-256. */
  readonly digest: string;
  readonly sizeBytes: number;
}

const blobPath = (digest: string): string => join('blobs', 'sha256', digest.slice(0, 2), digest);

/**
 * Files of a registry elsewhere, kept where model servers load them from, under their digest. The digest of a name is pinned
 * when it is first seen: nobody can put other bytes under a version that was judged.
 */
export class ArtifactCache {
  readonly #root: string;

  constructor(artifactsDir: string) {
    this.#root = artifactsDir;
  }

  /** Brings a file here. Throws MODEL_DIGEST when the name stood for other bytes before. */
  async pin(name: string, bytes: ReadableStream<Uint8Array>): Promise<CachedFile> {
    const file = await this.#store(bytes);
    const before = await this.pinned(name);
    if (before !== undefined && before.digest !== file.digest)
      throw new AssayError(
        'MODEL_DIGEST',
        `Cannot use ${name}: the registry answers ${file.digest} where ${before.digest} was registered; somebody replaced the file`,
      );
    if (before === undefined) await this.#write(this.#pinFile(name), JSON.stringify({ name, ...file }));
    return file;
  }

  /** What a name stands for, as long as its bytes are here. */
  async pinned(name: string): Promise<CachedFile | undefined> {
    const text = await readFile(this.#pinFile(name), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const { path, digest, sizeBytes } = JSON.parse(text) as CachedFile;
    return { path, digest, sizeBytes };
  }

  #pinFile(name: string): string {
    return join(this.#root, 'external', `${createHash('sha256').update(name).digest('hex')}.json`);
  }

  async #store(bytes: ReadableStream<Uint8Array>): Promise<CachedFile> {
    const incoming = join(this.#root, 'incoming', randomUUID());
    await mkdir(dirname(incoming), { recursive: true });
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    try {
      const body = Readable.fromWeb(bytes as Parameters<typeof Readable.fromWeb>[0]);
      await pipeline(body, count, createWriteStream(incoming, { flush: true }));
      const digest = hash.digest('hex');
      const path = blobPath(digest);
      const final = join(this.#root, path);
      await mkdir(dirname(final), { recursive: true });
      const isThere = await access(final).then(
        () => true,
        () => false,
      );
      // Renamed whole: a model server never sees half a file
      if (!isThere) await rename(incoming, final);
      return { path, digest, sizeBytes };
    } finally {
      await rm(incoming, { force: true });
    }
  }

  async #write(file: string, text: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    await writeFile(draft, text);
    await rename(draft, file);
  }
}
