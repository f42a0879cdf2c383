import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { AssayError } from '@assay/domain/errors';

/** Longest that a turn of the event loop, and so the queue before it, shall become. */
const TURN_MS = 100;
/** Even a server that is far too slow takes so many at once. */
const LEAST = 64;
const LOOK_MS = 100;
/** Share of the time that the event loop works from which on requests wait for it and not it for them. */
const BUSY = 0.9;
/** Of the newest look in the limit: one slow turn is not yet a slow server. */
const WEIGHT = 0.5;

/**
 * How many requests may be in progress: as many as this process, by what each took of its event loop lately, answers within one
 * turn of bounded length (adaptive concurrency by queue time). What runs in a model's host takes hardly any of the loop, and is
 * limited by that host's own queue.
 */
export class Admission {
  readonly #most: number;
  #limit: number;
  #inFlight = 0;
  #answered = 0;
  #before: EventLoopUtilization;
  #lookedMs: number;

  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
    this.#before = performance.eventLoopUtilization();
    this.#lookedMs = performance.now();
  }

  get limit(): number {
    return this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get isFull(): boolean {
    return this.#inFlight >= this.#limit;
  }

  /** Throws OVERLOADED. Each one that enters leaves. */
  enter(): void {
    if (this.isFull) throw refusal();
    this.#inFlight++;
  }

  leave(): void {
    this.#inFlight--;
    this.#answered++;
    const now = performance.now();
    if (now - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = now;
    this.#adapt();
  }

  #adapt(): void {
    const now = performance.eventLoopUtilization();
    const { active, utilization } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    const fit = utilization < BUSY ? this.#most : limitOf(active, this.#answered, this.#most);
    this.#limit = Math.round(WEIGHT * fit + (1 - WEIGHT) * this.#limit);
    this.#answered = 0;
  }
}

/** What one too many is told. */
export const refusal = (): AssayError =>
  new AssayError(
    'OVERLOADED',
    'Cannot answer now: as many requests are in progress as this server can answer in time',
  );

/** How many requests fill a turn when so many took `activeMs` of the event loop. */
export const limitOf = (activeMs: number, answered: number, most: number): number =>
  Math.min(most, Math.max(Math.min(LEAST, most), Math.floor((TURN_MS * answered) / activeMs)));
