import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';

export interface CachedFile {
  /** Relative to the cache's folder. */
  readonly path: string;
  /** Hex SHA-256. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Asks for the bytes from an offset on. */
export type OpenBytes = (fromByte: number) => Promise<AsyncIterable<Uint8Array>>;

/** Before asking again; counted anew whenever bytes came. */
const PAUSES_MS = [200, 1_000, 3_000];

/**
 * Files of this machine under their digest, in the layout of a registry's own folder, which it may be: what lies there is
 * used, what does not is brought. A file comes under another name until it is whole and synced, so that no reader sees half of
 * it; each is verified once a process.
 */
export class DigestCache {
  readonly #root: string;
  readonly #known = new Map<string, Promise<string>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The file with these bytes. Throws MODEL_DIGEST, UNREACHABLE, and what `openBytes` throws. */
  fileOf(digest: string, openBytes: OpenBytes): Promise<string> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const found = this.#find(digest, openBytes).catch((error: unknown) => {
      this.#known.delete(digest); // The next call tries again
      throw error;
    });
    this.#known.set(digest, found);
    return found;
  }

  /** Brings bytes whose digest nobody has stated. */
  async add(bytes: AsyncIterable<Uint8Array>): Promise<CachedFile> {
    return this.#bring(bytes);
  }

  async #find(digest: string, openBytes: OpenBytes): Promise<string> {
    const file = join(this.#root, pathOf(digest));
    if (await isThere(file)) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
      assertDigest(digest, hash.digest('hex'), `"${file}"`);
    } else await this.#bring(resumed(openBytes), digest);
    return file;
  }

  async #bring(bytes: AsyncIterable<Uint8Array>, expected?: string): Promise<CachedFile> {
    const draft = join(this.#root, 'fetched', randomUUID());
    await mkdir(dirname(draft), { recursive: true });
    const handle = await open(draft, 'wx', 0o444);
    try {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      for await (const chunk of bytes) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        await handle.appendFile(chunk);
      }
      const digest = hash.digest('hex');
      if (expected !== undefined) assertDigest(expected, digest, 'the answer of the registry');
      await handle.datasync();
      const path = pathOf(digest);
      await mkdir(dirname(join(this.#root, path)), { recursive: true });
      if (!(await isThere(join(this.#root, path)))) await rename(draft, join(this.#root, path));
      return { path, digest, sizeBytes };
    } finally {
      await handle.close();
      await rm(draft, { force: true });
    }
  }
}

const pathOf = (digest: string): string => join('blobs', 'sha256', digest.slice(0, 2), digest);

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function assertDigest(expected: string, found: string, what: string): void {
  if (found !== expected)
    throw new AssayError('MODEL_DIGEST', `Cannot use blob ${expected}: ${what} has SHA-256 ${found}`);
}

/** The bytes, asked for again from where they broke off. Throws UNREACHABLE, and what is refused for good. */
async function* resumed(openBytes: OpenBytes): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let tries = 0; ; tries += 1) {
    const before = at;
    try {
      for await (const chunk of await openBytes(at)) {
        at += chunk.length;
        yield chunk;
      }
      return;
    } catch (cause) {
      if (cause instanceof AssayError && cause.code !== 'UNREACHABLE') throw cause;
      if (at > before) tries = 0;
      const pauseMs = PAUSES_MS[tries];
      if (pauseMs === undefined)
        throw new AssayError('UNREACHABLE', `Cannot fetch: it broke off ${at} bytes on, again and again`, {
          cause,
        });
      await delay(pauseMs);
    }
  }
}
