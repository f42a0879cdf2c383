import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { AssayError } from '@assay/domain/errors';
import type { EvidenceMode } from '@assay/domain/route-plan';
import { crc32c } from './crc32c.ts';
import { HEADER_BYTES } from './read.ts';
import { segmentFile, segmentName, walFolder } from './segments.ts';

export type Written = (error?: AssayError) => void;

export interface WalOptions {
  readonly evidenceDir: string;
  readonly server: string;
  readonly sealAfterMs: number;
  readonly maxBytes?: number;
  /** A segment that nobody writes to any more. */
  readonly onClosed: (segment: string) => void;
}

const MAX_BYTES = 16 * 2 ** 20;
const FIRST_BUFFER = 256 * 1024;

/** One writer's segments. All records of one event-loop turn leave in one write; then their replies may leave. */
export class Wal {
  readonly #options: WalOptions;
  readonly #maxBytes: number;
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER);
  #filled = 0;
  #waiting: Written[] = [];
  #waitingSync: Written[] = [];
  #scheduled = false;
  #fd: number | undefined;
  #segment = '';
  #size = 0;
  #sequence = 0;
  #syncs = 0;
  #timer: NodeJS.Timeout | undefined;
  #records = 0;

  constructor(options: WalOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    mkdirSync(walFolder(options.evidenceDir), { recursive: true });
  }

  get records(): number {
    return this.#records;
  }

  /** `written` is called when the record is in the file, on disk with `fsync`, at once with `async`. */
  append(payload: Uint8Array, mode: EvidenceMode, written: Written): void {
    const needed = this.#filled + HEADER_BYTES + payload.length;
    if (needed > this.#buffer.length) this.#grow(needed);
    this.#buffer.writeUInt32LE(payload.length, this.#filled);
    this.#buffer.writeUInt32LE(crc32c(payload), this.#filled + 4);
    this.#buffer.set(payload, this.#filled + HEADER_BYTES);
    this.#filled = needed;
    this.#records++;
    if (mode === 'async') queueMicrotask(written);
    else (mode === 'fsync' ? this.#waitingSync : this.#waiting).push(written);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#filled);
    this.#buffer = larger;
  }

  /** Writes what waits. A write that fails leaves no half record behind and refuses the replies that wait for it. */
  flush(): void {
    this.#scheduled = false;
    if (this.#filled === 0) return;
    const [waiting, waitingSync] = [this.#waiting, this.#waitingSync];
    this.#waiting = [];
    this.#waitingSync = [];
    const error = this.#write();
    for (const written of waiting) written(error);
    if (error !== undefined) for (const written of waitingSync) written(error);
    else if (waitingSync.length > 0) this.#sync(waitingSync);
    if (this.#size >= this.#maxBytes) this.rotate();
  }

  #write(): AssayError | undefined {
    const length = this.#filled;
    this.#filled = 0;
    try {
      this.#fd ??= this.#open();
      for (let at = 0; at < length; ) at += writeSync(this.#fd, this.#buffer, at, length - at);
      this.#size += length;
      return undefined;
    } catch (cause) {
      this.#cutBack();
      const text = `Cannot write evidence segment "${this.#segment}": ${(cause as Error).message}`;
      return new AssayError('EVIDENCE_UNWRITABLE', text, { cause });
    } finally {
      // One giant request must not hold its memory for ever
      if (this.#buffer.length > 4 * FIRST_BUFFER) this.#buffer = Buffer.allocUnsafe(FIRST_BUFFER);
    }
  }

  #cutBack(): void {
    if (this.#fd === undefined) return;
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      // A segment that cannot be cut is left: its torn tail is cut when it is read
      this.rotate();
    }
  }

  #open(): number {
    // Names never repeat, whatever the clock does: an existing file refuses the open
    this.#sequence = Math.max(Date.now(), this.#sequence + 1);
    this.#segment = segmentName(this.#options.server, this.#sequence);
    this.#size = 0;
    const fd = openSync(segmentFile(this.#options.evidenceDir, this.#segment), 'ax');
    this.#timer = setTimeout(() => this.rotate(), this.#options.sealAfterMs);
    return fd;
  }

  #sync(waiting: readonly Written[]): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#syncs++;
    const segment = this.#segment;
    fdatasync(fd, (cause) => {
      this.#syncs--;
      const error = cause
        ? new AssayError('EVIDENCE_UNWRITABLE', `Cannot sync evidence segment "${segment}": ${cause.message}`)
        : undefined;
      for (const written of waiting) written(error);
    });
  }

  /** Ends the segment in use; a sync under way ends first. */
  rotate(): void {
    clearTimeout(this.#timer);
    if (this.#fd === undefined) return;
    if (this.#syncs > 0) {
      this.#timer = setTimeout(() => this.rotate(), 5);
      return;
    }
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#options.onClosed(this.#segment);
  }

  /** Writes, syncs and ends the last segment. */
  close(): void {
    this.flush();
    if (this.#fd !== undefined) fdatasyncSync(this.#fd);
    this.#syncs = 0;
    this.rotate();
  }
}
