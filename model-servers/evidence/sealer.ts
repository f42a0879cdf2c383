import { Worker } from 'node:worker_threads';
import type { Sealed } from './seal.ts';
import type { SealReply } from './seal-worker.ts';

export interface SealerEvents {
  readonly sealed: (sealed: Sealed) => void;
  readonly failed: (segment: string, error: string) => void;
}

const RETRY_MS = 2_000;

/** Seals closed segments on a thread of its own. What fails stays as a segment and is tried again; nothing is lost. */
export class Sealer {
  readonly #evidenceDir: string;
  readonly #events: SealerEvents;
  readonly #waiting = new Set<string>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #worker: Worker | undefined;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(evidenceDir: string, events: SealerEvents) {
    this.#evidenceDir = evidenceDir;
    this.#events = events;
  }

  seal(segment: string): void {
    this.#waiting.add(segment);
    this.#worker ??= this.#start();
    this.#worker.postMessage(segment);
  }

  get backlog(): number {
    return this.#waiting.size;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./seal-worker.ts', import.meta.url), {
      workerData: { evidenceDir: this.#evidenceDir },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // Rows live as long as their segment is being sealed: a large young generation would only hold garbage
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    worker.on('message', (reply: SealReply) => this.#settle(reply));
    worker.on('error', (cause: unknown) => {
      this.#worker = undefined;
      for (const segment of this.#waiting) this.#again(segment, (cause as Error).message);
    });
    // The process may end while nothing is being sealed
    worker.unref();
    return worker;
  }

  #settle(reply: SealReply): void {
    if (!reply.ok) {
      this.#again(reply.segment, reply.error);
      return;
    }
    this.#waiting.delete(reply.sealed.segment);
    this.#events.sealed(reply.sealed);
    if (this.#waiting.size === 0) this.#idle?.();
  }

  #again(segment: string, error: string): void {
    this.#events.failed(segment, error);
    if (this.#closed) {
      this.#waiting.delete(segment);
      if (this.#waiting.size === 0) this.#idle?.();
      return;
    }
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      this.seal(segment);
    }, RETRY_MS);
    this.#retries.add(timer);
  }

  /** Waits for what is being sealed, at most `withinMs`; the rest is sealed at the next start. */
  async close(withinMs: number): Promise<void> {
    this.#closed = true;
    for (const timer of this.#retries) clearTimeout(timer);
    if (this.#waiting.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#idle = resolve;
      const timer = setTimeout(resolve, withinMs);
      await promise;
      clearTimeout(timer);
    }
    await this.#worker?.terminate();
  }
}
