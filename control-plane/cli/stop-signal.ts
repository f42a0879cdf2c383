import { once } from 'node:events';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborts at the first signal that asks the process to end. It stays in place afterwards: a terminal and npm may both
 * hand the same Ctrl-C on, and the second must not cut an orderly stop short.
 */
export function stopSignal(names: readonly NodeJS.Signals[] = ENDING): AbortSignal {
  const controller = new AbortController();
  for (const name of names) process.on(name, () => controller.abort(new Error(`ended by ${name}`)));
  return controller.signal;
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
