import type { LiveEvent } from '@assay/domain/read-models';
import { invalidate } from '$app/navigation';
import { eventStreamParser } from './event-stream.ts';
import { CHANGES, LIVE, RUNS } from './load.ts';
import { API, authorization } from './request.ts';

export type Connection = 'connecting' | 'live' | 'lost' | 'denied';

/** Several events in a burst (one transition writes many) are one refresh. */
const DEBOUNCE_MS = 250;
/** Steady traffic refreshes at most this often. */
const AT_MOST_EVERY_MS = 1_000;
/** Pages of models ask the registry too, which takes longer. */
const CHANGES_AT_MOST_EVERY_MS = 3_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;

function createLive() {
  let connection = $state<Connection>('connecting');
  let latest = $state.raw<LiveEvent | undefined>(undefined);
  return {
    get connection(): Connection {
      return connection;
    },
    /** The newest audit event: what screen readers are told. */
    get latest(): LiveEvent | undefined {
      return latest;
    },
    /** Follows the control plane until the returned function is called. */
    follow(): () => void {
      const stop = new AbortController();
      const traffic = refresher(stop.signal, LIVE, AT_MOST_EVERY_MS);
      const changes = refresher(stop.signal, CHANGES, CHANGES_AT_MOST_EVERY_MS);
      const refresh = (): void => {
        traffic();
        changes();
      };
      void keepFollowing(stop.signal, {
        connected: () => {
          connection = 'live';
          refresh();
          void invalidate(RUNS);
        },
        lost: (denied) => {
          connection = denied ? 'denied' : 'lost';
          refresh();
        },
        event: (event) => {
          if (event.kind === 'audit') latest = event;
          if (event.kind === 'traffic') traffic();
          else refresh();
        },
      });
      return () => stop.abort();
    },
  };
}

export const live = createLive();

function refresher(
  signal: AbortSignal,
  what: typeof LIVE | typeof CHANGES,
  atMostEveryMs: number,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastMs = 0;
  signal.addEventListener('abort', () => clearTimeout(timer));
  return () => {
    if (timer !== undefined) return;
    const waitMs = Math.max(DEBOUNCE_MS, lastMs + atMostEveryMs - Date.now());
    timer = setTimeout(() => {
      timer = undefined;
      lastMs = Date.now();
      void invalidate(what);
    }, waitMs);
  };
}

interface Listener {
  connected(): void;
  /** `denied`: the control plane is there and does not take the token. */
  lost(denied: boolean): void;
  event(event: LiveEvent): void;
}

async function keepFollowing(signal: AbortSignal, to: Listener): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const ended = await readStream(signal, to);
    if (signal.aborted) return;
    to.lost(ended === 'denied');
    if (ended === 'cut') attempt = 0;
    await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 5_000, signal);
  }
}

/** How it ended: cut when it was open before. */
async function readStream(signal: AbortSignal, to: Listener): Promise<'cut' | 'denied' | 'unopened'> {
  try {
    const response = await fetch(`${API}/events`, {
      headers: { ...authorization(), accept: 'text/event-stream' },
      signal,
    });
    if (response.status === 401 || response.status === 403) return 'denied';
    if (!response.ok || response.body === null) return 'unopened';
    to.connected();
    const push = eventStreamParser((data) => to.event(JSON.parse(data) as LiveEvent));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) push(part.value);
    return 'cut';
  } catch {
    // A cut connection, a restart of the control plane: the caller tries again.
    return 'unopened';
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
