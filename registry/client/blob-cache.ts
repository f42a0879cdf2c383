import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type { RegistryClient } from './registry-client.ts';

/**
 * Blobs of the registry as files of this machine, below a folder that may be the registry's own: what lies there is used,
 * what does not (the registry keeps its bytes on S3, or elsewhere) is fetched. Each file is verified once a process.
 */
export class BlobCache {
  readonly #client: RegistryClient;
  readonly #root: string;
  readonly #known = new Map<string, Promise<string>>();

  constructor(client: RegistryClient, root: string) {
    this.#client = client;
    this.#root = root;
  }

  /** The file with these bytes (hex SHA-256). Throws NOT_FOUND, MODEL_DIGEST, UNREACHABLE. */
  fileOf(digest: string): Promise<string> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const found = this.#find(digest).catch((error: unknown) => {
      this.#known.delete(digest); // The next call tries again
      throw error;
    });
    this.#known.set(digest, found);
    return found;
  }

  async #find(digest: string): Promise<string> {
    const file = join(this.#root, 'blobs', 'sha256', digest.slice(0, 2), digest);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (!isThere) await this.#fetch(digest, file);
    else await this.#require(digest, createReadStream(file), `"${file}"`);
    return file;
  }

  /** Under another name until it is whole and synced: no reader ever sees half a model. */
  async #fetch(digest: string, file: string): Promise<void> {
    const draft = join(this.#root, 'fetched', randomUUID());
    await mkdir(dirname(draft), { recursive: true });
    const handle = await open(draft, 'wx', 0o444);
    try {
      const body = (await this.#client.downloadBlob(digest)) as AsyncIterable<Uint8Array>;
      await this.#require(digest, body, 'the answer of the registry', (chunk) => handle.appendFile(chunk));
      await handle.datasync();
      await mkdir(dirname(file), { recursive: true });
      await rename(draft, file);
    } finally {
      await handle.close();
      await rm(draft, { force: true });
    }
  }

  async #require(
    digest: string,
    source: AsyncIterable<Uint8Array>,
    what: string,
    write: (chunk: Uint8Array) => Promise<void> = async () => {},
  ): Promise<void> {
    const hash = createHash('sha256');
    for await (const chunk of source) {
      hash.update(chunk);
      await write(chunk);
    }
    const found = hash.digest('hex');
    if (found !== digest)
      throw new AssayError('MODEL_DIGEST', `Cannot use blob ${digest}: ${what} has SHA-256 ${found}`);
  }
}
