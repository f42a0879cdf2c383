/** Runs copies after the answers, one an event-loop turn, and drops what does not fit: shadows never delay anyone. */
export class ShadowQueue {
  readonly #limit: number;
  readonly #jobs: (() => Promise<void>)[] = [];
  #running = false;
  #closed = false;
  #current: Promise<void> = Promise.resolve();
  dropped = 0;
  done = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#jobs.length;
  }

  add(job: () => Promise<void>): void {
    if (this.#closed || this.#jobs.length >= this.#limit) {
      this.dropped++;
      return;
    }
    this.#jobs.push(job);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => void this.#next());
  }

  async #next(): Promise<void> {
    const job = this.#jobs.shift();
    if (job === undefined) {
      this.#running = false;
      return;
    }
    this.#current = this.#run(job);
    await this.#current;
    setImmediate(() => void this.#next());
  }

  async #run(job: () => Promise<void>): Promise<void> {
    try {
      await job();
      this.done++;
    } catch {
      // A copy that breaks is lost; what customers get goes on
      this.dropped++;
    }
  }

  /** Nothing new is begun; resolves when what runs has ended, its evidence written. */
  async close(): Promise<void> {
    this.#closed = true;
    this.dropped += this.#jobs.length;
    this.#jobs.length = 0;
    await this.#current;
  }
}
