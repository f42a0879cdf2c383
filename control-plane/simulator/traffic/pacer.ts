/** How much lateness is made up for; beyond that the rate drops instead of requests piling up. */
const LARGEST_DEBT_MS = 250;

/** Open loop: says how many units of work are due, whatever the answers take. Times are the caller's. */
export class Pacer {
  readonly #perMs: number;
  #settledMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#settledMs = nowMs;
  }

  /** Work due now; `room` is how much may start. What cannot start is forgiven, so that the rate adapts downwards. */
  due(nowMs: number, room: number): number {
    this.#settledMs = Math.max(this.#settledMs, nowMs - LARGEST_DEBT_MS);
    const owed = Math.floor((nowMs - this.#settledMs) * this.#perMs);
    const start = Math.max(0, Math.min(owed, room));
    this.#settledMs = start < owed ? nowMs : this.#settledMs + start / this.#perMs;
    return start;
  }
}
