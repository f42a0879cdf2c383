import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const CHANNELS = ['assay_events', 'assay_routes', 'assay_registry'] as const;
const AGAIN_MS = 500;

/** Calls `onChange` after each committed transition, and after each reconnect, since some may have been missed. */
export class Notifications implements AsyncDisposable {
  readonly #url: string;
  readonly #onChange: () => Promise<void>;
  readonly #running = new Set<Promise<void>>();
  #client: pg.Client | undefined;
  #isClosed = false;

  constructor(url: string, onChange: () => Promise<void>) {
    this.#url = url;
    this.#onChange = onChange;
    void this.#follow();
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      const client = new pg.Client({ connectionString: this.#url, keepAlive: true });
      const lost = new Promise<void>((resolve) => {
        client.on('error', () => resolve());
        client.on('end', () => resolve());
      });
      try {
        this.#client = client;
        client.on('notification', () => this.#tell());
        await client.connect();
        for (const channel of CHANNELS) await client.query(`listen ${channel}`);
        this.#tell();
        await lost;
      } catch {
        // PostgreSQL is away: the next round tries again
      }
      if (!this.#isClosed) await delay(AGAIN_MS);
    }
  }

  #tell(): void {
    if (this.#isClosed) return;
    const running = this.#onChange().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** What was begun ends first: it reads from what its caller closes next. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#client?.end();
    await Promise.allSettled(this.#running);
  }
}
