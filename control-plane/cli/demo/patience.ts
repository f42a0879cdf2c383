import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';

const RETRY_MS = 90_000;

/** A killed process comes back within seconds: what is unreachable now is asked again, everything else is an answer. */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const end = Date.now() + RETRY_MS;
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      const passing =
        cause instanceof AssayError && (cause.status === 'UNAVAILABLE' || cause.code === 'INTERNAL');
      if (!passing || Date.now() > end || signal.aborted) throw cause;
      await delay(400, undefined, { signal });
    }
  }
}

/** Asks every `everyMs` until there is an answer; throws when the signal ends the demo. */
export async function poll<T>(
  ask: () => Promise<T | undefined>,
  everyMs: number,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const found = await patiently(ask, signal);
    if (found !== undefined) return found;
    await delay(everyMs, undefined, { signal });
  }
}
