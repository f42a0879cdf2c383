import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';

const RATE_WINDOW_MS = 5_000;

export interface DriveReport {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Canonical status → failures. */
  readonly failures: Readonly<Record<string, number>>;
  /** Served answers that broke the policy; must stay 0. */
  readonly violations: number;
  readonly firstViolation: string | undefined;
  readonly outcomesSent: number;
  /** What a server took, refused ones included; less than sent only when the driver ended while all were away. */
  readonly outcomesReceipted: number;
  readonly outcomesRefused: number;
  readonly firstRefusal: string | undefined;
  /** Over the last five seconds. */
  readonly answeredPerSecond: number;
}

/** What a customer of the endpoint would have counted. */
export class Tally {
  sent = 0;
  answered = 0;
  failed = 0;
  violations = 0;
  outcomesSent = 0;
  outcomesReceipted = 0;
  outcomesRefused = 0;
  firstViolation: string | undefined;
  firstRefusal: string | undefined;
  readonly #failures: Record<string, number> = {};
  #recent: number[] = [];

  answer(nowMs: number): void {
    this.answered += 1;
    this.#recent.push(nowMs);
    // Amortised: the list never holds more than two windows
    if ((this.#recent[0] ?? nowMs) < nowMs - 2 * RATE_WINDOW_MS) this.#recent = this.#inWindow(nowMs);
  }

  fail(cause: unknown): void {
    this.failed += 1;
    const code = (cause as Partial<ServiceError>).code;
    const name = (code === undefined ? undefined : status[code]) ?? 'UNUSABLE';
    this.#failures[name] = (this.#failures[name] ?? 0) + 1;
  }

  violate(what: string): void {
    this.violations += 1;
    this.firstViolation ??= what;
  }

  refuse(why: string): void {
    this.outcomesRefused += 1;
    this.firstRefusal ??= why;
  }

  report(nowMs: number): DriveReport {
    const { sent, answered, failed, violations, firstViolation } = this;
    const { outcomesSent, outcomesReceipted, outcomesRefused, firstRefusal } = this;
    const answeredPerSecond = this.#inWindow(nowMs).length / (RATE_WINDOW_MS / 1000);
    const failures = { ...this.#failures };
    return {
      sent,
      answered,
      failed,
      failures,
      violations,
      firstViolation,
      outcomesSent,
      outcomesReceipted,
      outcomesRefused,
      firstRefusal,
      answeredPerSecond,
    };
  }

  #inWindow(nowMs: number): number[] {
    return this.#recent.filter((t) => t >= nowMs - RATE_WINDOW_MS);
  }
}
