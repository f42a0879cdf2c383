import { AssayError } from '@assay/domain/errors';
import type { EvidenceMode } from '@assay/domain/route-plan';
import type { Refusal } from '@assay/proto/gen/events/evidence';
import type { handleClientStreamingCall } from '@grpc/grpc-js';
import type { Seen } from '../../evidence/seen.ts';
import { assertMayPredict } from '../access.ts';
import type { Serving } from '../context.ts';
import { grpcError } from '../grpc-error.ts';
import { assertReadable } from '../unreadable.ts';
import { authorizationOf } from './unary.ts';

export interface Receipt {
  accepted: bigint;
  duplicates: bigint;
  refused: Refusal[];
}

export interface Recording<T> {
  readonly seen: Seen;
  readonly id: (item: T) => string;
  /** Ids are the clients' own (an order number): the same one on another endpoint is another thing. */
  readonly endpoint: (item: T) => string;
  /** The record to write and how; throws an AssayError that goes into the receipt. */
  readonly encode: (item: T) => { readonly payload: Uint8Array; readonly mode: EvidenceMode };
}

/** Refusals that a receipt lists; a client that sends nothing but errors must not fill the memory. */
const MAX_REFUSED = 10_000;

/** Takes a stream of things to be recorded; the receipt leaves when all that is accepted is written. */
export class Recorder<T> {
  readonly #serving: Serving;
  readonly #recording: Recording<T>;
  readonly #receipt: Receipt = { accepted: 0n, duplicates: 0n, refused: [] };
  readonly #writes: Promise<void>[] = [];

  constructor(serving: Serving, recording: Recording<T>) {
    this.#serving = serving;
    this.#recording = recording;
  }

  take(item: T): void {
    const { seen, encode, endpoint } = this.#recording;
    const id = this.#recording.id(item);
    const key = `${endpoint(item)}\n${id}`;
    try {
      const { payload, mode } = encode(item);
      const isNew = seen.add(key);
      if (isNew) this.#receipt.accepted++;
      else this.#receipt.duplicates++;
      // The first copy of a repeat may still wait to be written: its receipt promises that it is
      const write = isNew ? this.#write(key, payload, mode) : this.#settled();
      // Awaited in `receipt`; until then a failure is not unhandled
      write.catch(() => undefined);
      this.#writes.push(write);
    } catch (cause) {
      this.#refuse(id, cause);
    }
  }

  #refuse(id: string, cause: unknown): void {
    if (!(cause instanceof AssayError)) throw cause;
    if (this.#receipt.refused.length < MAX_REFUSED)
      this.#receipt.refused.push({ id, code: cause.code, message: cause.message });
  }

  #settled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#serving.wal.settled((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  #write(key: string, payload: Uint8Array, mode: EvidenceMode): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#serving.wal.append(payload, mode, (error) => {
        if (error === undefined) return resolve();
        this.#recording.seen.forget(key);
        reject(error);
      });
    });
  }

  async receipt(): Promise<Receipt> {
    await Promise.all(this.#writes);
    return this.#receipt;
  }
}

export const recordStream =
  <T>(serving: Serving, recording: Recording<T>): handleClientStreamingCall<T, Receipt> =>
  (call, callback) => {
    let ended = false;
    const fail = (cause: unknown): void => {
      if (ended) return;
      ended = true;
      callback(grpcError(cause));
    };
    try {
      assertMayPredict(serving.access, authorizationOf(call.metadata));
    } catch (cause) {
      fail(cause);
      return;
    }
    const recorder = new Recorder(serving, recording);
    call.on('data', (item: T) => {
      try {
        assertReadable(item);
        recorder.take(item);
      } catch (cause) {
        fail(cause);
      }
    });
    // What was accepted before a client went away stays accepted
    call.on('error', () => {
      ended = true;
    });
    call.on('end', () => {
      void recorder.receipt().then((receipt) => {
        if (!ended) callback(null, receipt);
      }, fail);
    });
  };
