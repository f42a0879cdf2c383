import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digested, takeIn } from './artifacts-intake.ts';
import { BLOCK_BYTES } from './artifacts-tags.ts';

export interface Staged extends Digested {
  readonly file: string;
}

export interface StagedPart {
  /** SHA-256 of the part, hex: its entity tag. */
  readonly etag: string;
  readonly size: number;
}

/** Files on their way in. Each is written by one process, synced when complete, and gone once its blob is stored. */
export class Staging {
  readonly #incoming: string;
  readonly #uploads: string;
  /** What this process writes just now; a sweep leaves it alone whatever its age. */
  readonly #active = new Set<string>();

  constructor(root: string) {
    this.#incoming = join(root, 'incoming');
    this.#uploads = join(root, 'uploads');
  }

  /** Receives a stream, then hands its synced file to `work`; afterwards, and when the stream breaks off, nothing is left. */
  async receive<T>(source: AsyncIterable<Uint8Array>, work: (staged: Staged) => Promise<T>): Promise<T> {
    await mkdir(this.#incoming, { recursive: true });
    const name = randomUUID();
    const file = join(this.#incoming, name);
    this.#active.add(name);
    try {
      return await work({ file, ...(await takeIn(source, file)) });
    } finally {
      await rm(file, { force: true });
      this.#active.delete(name);
    }
  }

  /** A part's file is named by its digest: the same part sent twice is one file, another one does not overwrite it. */
  #partFile(upload: string, part: number, etag: string): string {
    return join(this.#uploads, upload, `${part}-${etag}`);
  }

  async receivePart(upload: string, part: number, source: AsyncIterable<Uint8Array>): Promise<StagedPart> {
    return this.receive(source, async ({ file, digest, size }) => {
      await mkdir(join(this.#uploads, upload), { recursive: true });
      await rename(file, this.#partFile(upload, part, digest));
      return { etag: digest, size };
    });
  }

  /** All parts in their order. Throws what `damaged` makes for a part that is gone, or at the end of one that does not match. */
  async *parts(
    upload: string,
    parts: readonly (StagedPart & { readonly part: number })[],
    damaged: (part: number) => Error,
  ): AsyncGenerator<Buffer> {
    for (const { part, etag } of parts) {
      const hash = createHash('sha256');
      const handle = await open(this.#partFile(upload, part, etag)).catch(() => undefined);
      if (handle === undefined) throw damaged(part);
      for await (const chunk of handle.createReadStream({ highWaterMark: BLOCK_BYTES })) {
        hash.update(chunk as Buffer);
        yield chunk as Buffer;
      }
      if (hash.digest('hex') !== etag) throw damaged(part);
    }
  }

  async discard(upload: string): Promise<void> {
    await rm(join(this.#uploads, upload), { recursive: true, force: true });
  }

  /** Removes files that nobody has written to since `beforeMs`; answers how many. */
  async dropUnfinished(beforeMs: number): Promise<number> {
    let dropped = 0;
    for (const name of await readdir(this.#incoming).catch(() => [])) {
      const file = join(this.#incoming, name);
      const found = this.#active.has(name) ? undefined : await stat(file).catch(() => undefined);
      if (found === undefined || found.mtimeMs >= beforeMs) continue;
      await rm(file, { force: true });
      dropped += 1;
    }
    return dropped;
  }

  /** Ids of uploads that have parts here. */
  async uploads(): Promise<string[]> {
    return readdir(this.#uploads).catch(() => []);
  }
}
