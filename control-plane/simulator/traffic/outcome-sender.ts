import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '@assay/proto/gen/events/evidence';
import type { Servers } from './servers.ts';
import type { Tally } from './tally.ts';

const FLUSH_MS = 300;
const LARGEST_BATCH = 500;
const RETRY_MS = 500;

/** Sends outcomes in batches until each is receipted; the same ids again are harmless, so a lost receipt loses nothing. */
export class OutcomeSender {
  readonly #servers: Servers;
  readonly #tally: Tally;
  readonly #waiting: Outcome[] = [];
  #closed = false;
  readonly #running: Promise<void>;

  constructor(servers: Servers, tally: Tally) {
    this.#servers = servers;
    this.#tally = tally;
    this.#running = this.#run();
  }

  add(outcome: Outcome): void {
    this.#waiting.push(outcome);
  }

  async #run(): Promise<void> {
    while (!this.#closed || this.#waiting.length > 0) {
      if (this.#waiting.length === 0) {
        await delay(FLUSH_MS);
        continue;
      }
      const batch = this.#waiting.splice(0, LARGEST_BATCH);
      if (!(await this.#send(batch))) return;
      if (!this.#closed && this.#waiting.length === 0) await delay(FLUSH_MS);
    }
  }

  /** False when the driver ended while no server took the batch. */
  async #send(batch: readonly Outcome[]): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      try {
        const receipt = await this.#servers.record(batch);
        this.#tally.outcomesReceipted += batch.length;
        for (const r of receipt.refused) this.#tally.refuse(`${r.id}: ${r.code}: ${r.message}`);
        return true;
      } catch {
        if (this.#closed && attempt >= 3) return false;
        await delay(RETRY_MS);
      }
    }
  }

  /** Sends what waits, then ends. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }
}
