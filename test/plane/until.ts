import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `check` is true (or answers something truthy); fails with `what` after the deadline. */
export async function until<T>(
  what: string,
  check: () => Promise<T | false | undefined> | T | false | undefined,
  deadlineMs = 60_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await check();
    if (answer !== false && answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Gave up after ${deadlineMs} ms: ${what}`);
    await delay(50);
  }
}
