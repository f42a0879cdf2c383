import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { AssayError } from '@assay/domain/errors';
import type { EvidenceMode } from '@assay/domain/route-plan';
import { crc32c } from './crc32c.ts';
import { HEADER_BYTES } from './read.ts';
import { segmentFile, segmentName, walFolder } from './segments.ts';
import { syncFolder } from './sync-folder.ts';

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

/** A file that is written to, or that waits for its last syncs before it is closed. */
interface Segment {
  readonly name: string;
  readonly fd: number;
  /** Bytes of whole records. */
  size: number;
  syncs: number;
  isRetired: boolean;
}

/** One writer's segments. All records of one event-loop turn leave in one write; then their replies may leave. */
export class Wal {
  readonly #options: WalOptions;
  readonly #maxBytes: number;
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER);
  #filled = 0;
  #waiting: Written[] = [];
  #waitingSync: Written[] = [];
  #scheduled = false;
  #soon = false;
  #segment: Segment | undefined;
  /** Segments whose files are open, the one in use among them. */
  readonly #open = new Set<Segment>();
  #closed: (() => void) | undefined;
  #sequence = 0;
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

  /** Writes what waits as soon as what is being done now has ended, promises that it fulfils included. */
  flushSoon(): void {
    if (this.#soon || this.#filled === 0) return;
    this.#soon = true;
    process.nextTick(() => {
      this.#soon = false;
      this.flush();
    });
  }

  /** `written` is called when all that was appended before is in the file, or could not be written. */
  settled(written: Written): void {
    if (this.#filled === 0) queueMicrotask(written);
    else this.#waiting.push(written);
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
    const segment = this.#segment;
    if (error !== undefined || segment === undefined) for (const written of waitingSync) written(error);
    else if (waitingSync.length > 0) this.#sync(segment, waitingSync);
    if (segment !== undefined && segment.size >= this.#maxBytes) this.rotate();
  }

  #write(): AssayError | undefined {
    const length = this.#filled;
    this.#filled = 0;
    try {
      this.#segment ??= this.#begin();
      const { fd } = this.#segment;
      for (let at = 0; at < length; ) at += writeSync(fd, this.#buffer, at, length - at);
      this.#segment.size += length;
      return undefined;
    } catch (cause) {
      const text = `Cannot write evidence segment "${this.#segment?.name ?? 'new'}": ${(cause as Error).message}`;
      this.#cutBack();
      return new AssayError('EVIDENCE_UNWRITABLE', text, { cause });
    } finally {
      // One giant request must not hold its memory for ever
      if (this.#buffer.length > 4 * FIRST_BUFFER) this.#buffer = Buffer.allocUnsafe(FIRST_BUFFER);
    }
  }

  #cutBack(): void {
    if (this.#segment === undefined) return;
    try {
      ftruncateSync(this.#segment.fd, this.#segment.size);
    } catch {
      // Nothing more may follow a torn record: it is the tail of its segment, and is cut when that is read
      this.rotate();
    }
  }

  #begin(): Segment {
    const { evidenceDir, server, sealAfterMs } = this.#options;
    // Names never repeat, whatever the clock does: an existing file refuses the open
    this.#sequence = Math.max(Date.now(), this.#sequence + 1);
    const name = segmentName(server, this.#sequence);
    const fd = openSync(segmentFile(evidenceDir, name), 'ax');
    const segment: Segment = { name, fd, size: 0, syncs: 0, isRetired: false };
    this.#open.add(segment);
    try {
      // `fsync` promises a record that survives a power cut, and with it the file's name
      syncFolder(walFolder(evidenceDir));
    } catch (cause) {
      this.#retire(segment);
      throw cause;
    }
    this.#timer = setTimeout(() => this.rotate(), sealAfterMs);
    return segment;
  }

  #sync(segment: Segment, waiting: readonly Written[]): void {
    segment.syncs++;
    fdatasync(segment.fd, (cause) => {
      segment.syncs--;
      const error = cause
        ? new AssayError(
            'EVIDENCE_UNWRITABLE',
            `Cannot sync evidence segment "${segment.name}": ${cause.message}`,
          )
        : undefined;
      for (const written of waiting) written(error);
      if (segment.isRetired && segment.syncs === 0) this.#end(segment);
    });
  }

  /** The next record begins another segment. */
  rotate(): void {
    clearTimeout(this.#timer);
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment !== undefined) this.#retire(segment);
  }

  /** Closed when the syncs under way are done; new ones go to other segments, so that it does not wait for ever. */
  #retire(segment: Segment): void {
    segment.isRetired = true;
    if (segment.syncs === 0) this.#end(segment);
  }

  #end(segment: Segment): void {
    closeSync(segment.fd);
    this.#open.delete(segment);
    this.#options.onClosed(segment.name);
    if (this.#open.size === 0) this.#closed?.();
  }

  /** Writes, syncs and ends the last segment. */
  async close(): Promise<void> {
    this.flush();
    if (this.#segment !== undefined) fdatasyncSync(this.#segment.fd);
    this.rotate();
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
  }
}
