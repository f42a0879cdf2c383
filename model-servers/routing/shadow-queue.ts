/** Runs copies after the answers, one an event-loop turn, and drops what does not fit: shadows never delay anyone. */
export class ShadowQueue {
  readonly #limit: number;
  readonly #jobs: (() => Promise<void>)[] = [];
  #running = false;
  dropped = 0;
  done = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#jobs.length;
  }

  add(job: () => Promise<void>): void {
    if (this.#jobs.length >= this.#limit) {
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
    try {
      await job();
      this.done++;
    } catch {
      // A copy that breaks is lost; what customers get goes on
      this.dropped++;
    }
    setImmediate(() => void this.#next());
  }

  /** Nothing new is begun; what runs ends. */
  clear(): void {
    this.dropped += this.#jobs.length;
    this.#jobs.length = 0;
  }
}
