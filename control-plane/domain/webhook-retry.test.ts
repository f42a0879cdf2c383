import { expect, test } from 'vitest';
import { afterFailure, waitMs } from './webhook-retry.ts';

const plan = { firstWaitMs: 5_000, giveUpAfterMs: 86_400_000 };

test('waits grow threefold up to six hours, a fifth more or less', () => {
  expect([1, 2, 3, 4].map((n) => waitMs(plan, n, 0.5))).toEqual([5_000, 15_000, 45_000, 135_000]);
  expect([waitMs(plan, 1, 0), waitMs(plan, 1, 0.999_999)]).toEqual([4_000, 6_000]);
  expect(waitMs(plan, 50, 0.5)).toBe(6 * 3_600_000);
});

test('a delivery is given up when its next attempt would come a day after it was queued', () => {
  let nowMs = 0;
  let failures = 0;
  for (;;) {
    failures += 1;
    const next = afterFailure(plan, { queuedMs: 0, nowMs, failures }, 0.5);
    if (next.kind === 'dead') break;
    expect(next.untilMs).toBeGreaterThan(nowMs);
    nowMs = next.untilMs;
  }
  expect(failures).toBe(12);
  expect(nowMs).toBeLessThanOrEqual(86_400_000);
});

test('a receiver that asks for longer gets it', () => {
  expect(afterFailure(plan, { queuedMs: 0, nowMs: 10, failures: 1, askedMs: 60_000 }, 0.5)).toEqual({
    kind: 'wait',
    untilMs: 60_010,
  });
});
