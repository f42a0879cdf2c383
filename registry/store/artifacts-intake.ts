import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Digested, IntakeOrder, IntakeReply } from './artifacts-intake-thread.ts';
import { BLOCK_BYTES } from './artifacts-tags.ts';

export type { Digested } from './artifacts-intake-thread.ts';

const MOST_THREADS = 4;
/** Of one stream: the next blocks arrive while these are digested and written. */
const MOST_BLOCKS_ON_THE_WAY = 6;
const MOST_SPARE_BLOCKS = 8;
const spare: ArrayBuffer[] = [];

/** What one stream waits for: blocks that come back, and its end. */
class Arriving {
  readonly #ended = Promise.withResolvers<Digested | undefined>();
  #onTheWay = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  sent(): void {
    this.#onTheWay += 1;
  }

  /** A block to fill, once few enough are on their way. Throws what the thread failed with. */
  async block(): Promise<ArrayBuffer> {
    while (this.#failure === undefined && this.#onTheWay >= MOST_BLOCKS_ON_THE_WAY)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#failure !== undefined) throw this.#failure.error;
    return spare.pop() ?? new ArrayBuffer(BLOCK_BYTES);
  }

  hear(reply: IntakeReply): void {
    if (reply.kind === 'free') {
      this.#onTheWay -= 1;
      if (spare.length < MOST_SPARE_BLOCKS) spare.push(reply.bytes);
    } else if (reply.kind === 'failed') this.#failure ??= reply;
    else this.#ended.resolve(reply.digested);
    this.#wake();
  }

  lost(error: unknown): void {
    this.#failure ??= { error };
    this.#ended.resolve(undefined);
    this.#wake();
  }

  async ended(): Promise<Digested> {
    const digested = await this.#ended.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (digested === undefined) throw new Error('The stream was dropped');
    return digested;
  }
}

/** A thread that digests and writes; several streams may share it. */
class IntakeThread {
  readonly #arriving = new Map<number, Arriving>();
  #worker: Worker | undefined;

  get streams(): number {
    return this.#arriving.size;
  }

  begin(id: number, arriving: Arriving): (order: IntakeOrder, moved?: ArrayBuffer) => void {
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#arriving.set(id, arriving);
    const worker = this.#worker;
    return (order, moved) => worker.postMessage(order, moved === undefined ? [] : [moved]);
  }

  end(id: number): void {
    this.#arriving.delete(id);
    // The process may end while nothing arrives
    if (this.#arriving.size === 0) this.#worker?.unref();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./artifacts-intake-thread.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    worker.on('message', (reply: IntakeReply) => this.#arriving.get(reply.id)?.hear(reply));
    const gone = (cause: unknown) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const arriving of this.#arriving.values()) arriving.lost(cause);
    };
    worker.on('error', gone);
    worker.on('exit', (code) => gone(new Error(`The thread that writes artifacts ended (${code})`)));
    return worker;
  }
}

const threads = Array.from(
  { length: Math.min(MOST_THREADS, availableParallelism()) },
  () => new IntakeThread(),
);
let lastId = 0;

async function fill(
  source: AsyncIterable<Uint8Array>,
  arriving: Arriving,
  send: (bytes: ArrayBuffer, length: number) => void,
): Promise<void> {
  let bytes: ArrayBuffer | undefined;
  let used = 0;
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      bytes ??= await arriving.block();
      const part = chunk.subarray(from, from + BLOCK_BYTES - used);
      new Uint8Array(bytes).set(part, used);
      used += part.length;
      from += part.length;
      if (used < BLOCK_BYTES) continue;
      send(bytes, used);
      bytes = undefined;
      used = 0;
    }
  }
  if (bytes !== undefined) send(bytes, used);
}

/**
 * Digests a stream on a thread of its own and, where a file is named, writes it there: a new file, on disk when this
 * resolves. Holds a few blocks in memory whatever the size. What breaks off may leave a part of the file.
 */
export async function takeIn(source: AsyncIterable<Uint8Array>, file: string | undefined): Promise<Digested> {
  const id = ++lastId;
  const arriving = new Arriving();
  const thread = threads.reduce((a, b) => (b.streams < a.streams ? b : a));
  const order = thread.begin(id, arriving);
  try {
    order({ kind: 'begin', id, file });
    let whole = false;
    try {
      await fill(source, arriving, (bytes, length) => {
        arriving.sent();
        order({ kind: 'block', id, bytes, length }, bytes);
      });
      whole = true;
    } finally {
      order({ kind: 'end', id, whole });
      if (!whole) await arriving.ended().catch(() => {});
    }
    return await arriving.ended();
  } finally {
    thread.end(id);
  }
}

/** Starts the first thread: that takes longer than a small upload, and nobody waits for it then. Throws when it cannot run. */
export const prepareIntake = async (): Promise<void> => {
  await takeIn((async function* () {})(), undefined);
};
