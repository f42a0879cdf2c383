export interface RetryPlan {
  /** Wait after the first failure; each further one is three times as long. */
  readonly firstWaitMs: number;
  /** Age of a delivery, since it was queued, at which it is given up. */
  readonly giveUpAfterMs: number;
}

const FACTOR = 3;
export const LONGEST_WAIT_MS = 6 * 3_600_000;

/** Wait after the nth failure, `random` in [0, 1): a fifth more or less, so that receivers are not all asked at once. */
export const waitMs = (plan: RetryPlan, failures: number, random: number): number =>
  Math.round(
    Math.min(plan.firstWaitMs * FACTOR ** Math.max(0, failures - 1), LONGEST_WAIT_MS) * (0.8 + 0.4 * random),
  );

/** The next attempt, or `dead` where it would come too late. Queued anew by hand counts from then. */
export function afterFailure(
  plan: RetryPlan,
  at: {
    readonly queuedMs: number;
    readonly nowMs: number;
    readonly failures: number;
    readonly askedMs?: number;
  },
  random: number,
): { readonly kind: 'wait'; readonly untilMs: number } | { readonly kind: 'dead' } {
  const untilMs = at.nowMs + Math.max(waitMs(plan, at.failures, random), at.askedMs ?? 0);
  return untilMs - at.queuedMs > plan.giveUpAfterMs ? { kind: 'dead' } : { kind: 'wait', untilMs };
}
