import { createHash } from 'node:crypto';
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { parentPort } from 'node:worker_threads';
import { BlockTags } from './artifacts-tags.ts';

export interface Digested {
  /** SHA-256 of the whole, hex. */
  readonly digest: string;
  readonly size: number;
  /** Key and tag of each block: `artifacts-tags.ts`. */
  readonly tags: Uint8Array;
}

/** What one stream's intake is told, in this order: begin, block …, end. Blocks have BLOCK_BYTES, only the last is shorter. */
export type IntakeOrder =
  | { readonly kind: 'begin'; readonly id: number; readonly file: string | undefined }
  | { readonly kind: 'block'; readonly id: number; readonly bytes: ArrayBuffer; readonly length: number }
  | { readonly kind: 'end'; readonly id: number; readonly whole: boolean };

/** `free` gives a block back; `ended` is the last word about a stream. */
export type IntakeReply =
  | { readonly kind: 'free'; readonly id: number; readonly bytes: ArrayBuffer }
  | { readonly kind: 'failed'; readonly id: number; readonly error: unknown }
  | { readonly kind: 'ended'; readonly id: number; readonly digested: Digested | undefined };

/** A piece is digested and written while a core's own cache holds it. */
const PIECE_BYTES = 128 * 1024;
/** The disk begins with the first blocks while later ones arrive, so that little is left to wait for at the end. */
const FLUSH_BYTES = 8 * 1024 * 1024;

const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from);
};

/** One stream: digested and written here, flushed by one of libuv's threads. */
class Intake {
  readonly #fd: number | undefined;
  readonly #whole = createHash('sha256');
  readonly #tags = new BlockTags();
  #size = 0;
  #unflushed = 0;
  #flushing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(file: string | undefined) {
    try {
      this.#fd = file === undefined ? undefined : openSync(file, 'wx', 0o444);
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** Throws what the file failed with, then and ever after. */
  add(block: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      for (let from = 0; from < block.length; from += PIECE_BYTES) {
        const piece = block.subarray(from, from + PIECE_BYTES);
        this.#whole.update(piece);
        if (this.#fd !== undefined) writeAll(this.#fd, piece);
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    this.#tags.add(block);
    this.#size += block.length;
    this.#unflushed += block.length;
    if (this.#unflushed >= FLUSH_BYTES) this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    this.#unflushed = 0;
    try {
      if (this.#fd !== undefined) await promisify(fdatasync)(this.#fd);
    } catch (error) {
      // Must not be forgotten: the system reports a lost page once
      this.#failure ??= { error };
    }
    this.#flushing = undefined;
  }

  /** Everything is on disk when it resolves. */
  async end(): Promise<Digested> {
    await this.#flushing;
    await this.#flush();
    if (this.#failure !== undefined) throw this.#failure.error;
    return { digest: this.#whole.digest('hex'), size: this.#size, tags: this.#tags.bytes() };
  }

  async close(): Promise<void> {
    await this.#flushing;
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

const intakes = new Map<number, Intake>();
const say = (reply: IntakeReply, moved: readonly ArrayBuffer[] = []) => parentPort?.postMessage(reply, moved);

const failed = (id: number, error: unknown): undefined => {
  say({ kind: 'failed', id, error });
};

const add = (intake: Intake, id: number, bytes: ArrayBuffer, length: number): void => {
  try {
    intake.add(new Uint8Array(bytes, 0, length));
  } catch (error) {
    failed(id, error);
  }
  say({ kind: 'free', id, bytes }, [bytes]);
};

const end = async (intake: Intake, whole: boolean): Promise<Digested | undefined> => {
  try {
    return whole ? await intake.end() : undefined;
  } finally {
    await intake.close();
  }
};

parentPort?.on('message', (order: IntakeOrder) => {
  const { id } = order;
  const intake = intakes.get(id);
  if (order.kind === 'begin') intakes.set(id, new Intake(order.file));
  else if (intake === undefined) return;
  else if (order.kind === 'block') add(intake, id, order.bytes, order.length);
  else {
    intakes.delete(id);
    void end(intake, order.whole)
      .catch((error: unknown) => failed(id, error))
      .then((digested) => say({ kind: 'ended', id, digested }));
  }
});
