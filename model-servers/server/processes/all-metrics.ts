import type { Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import type { FromPrimary, FromWorker, Metrics } from './messages.ts';

const WITHIN_MS = 2_000;

interface Collecting {
  readonly found: Metrics[];
  readonly missing: Set<number>;
  readonly done: () => void;
}

/** Adds up the metrics of workers. One that does not tell its own in time is left out. */
export class AllMetrics {
  readonly #collecting = new Map<number, Collecting>();
  #last = 0;

  take(from: Worker, message: FromWorker, workers: readonly Worker[]): void {
    if (message.assay === 'metrics-wanted')
      void this.#collect(workers).then((text) => {
        if (from.isConnected()) from.send({ assay: 'metrics', id: message.id, text } satisfies FromPrimary);
      });
    if (message.assay !== 'metrics') return;
    const collecting = this.#collecting.get(message.id);
    if (collecting === undefined) return;
    collecting.found.push(message.metrics);
    collecting.missing.delete(from.id);
    if (collecting.missing.size === 0) collecting.done();
  }

  async #collect(workers: readonly Worker[]): Promise<string> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    const found: Metrics[] = [];
    this.#collecting.set(id, { found, missing: new Set(workers.map((w) => w.id)), done: resolve });
    const timer = setTimeout(resolve, WITHIN_MS);
    for (const worker of workers) worker.send({ assay: 'metrics-wanted', id } satisfies FromPrimary);
    await promise;
    clearTimeout(timer);
    this.#collecting.delete(id);
    return AggregatorRegistry.aggregate(found.map((metrics) => [...metrics])).metrics();
  }
}
