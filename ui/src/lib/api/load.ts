import { error } from '@sveltejs/kit';
import { ApiError } from './api-error.ts';
import { freshness } from './freshness.svelte.ts';

/** Every page of the control plane's own state depends on it; the live connection invalidates it with each event. */
export const LIVE = 'assay:live';
/** Pages of models depend on it instead: what the lifecycle did, not how traffic flows. */
export const CHANGES = 'assay:changes';
/** Pages of runs depend on it instead: training tells no events, and a page of runs is too much to fetch every second. */
export const RUNS = 'assay:runs';

const lastGood = new Map<string, unknown>();

interface Loading {
  readonly url: URL;
  readonly depends: (...deps: `${string}:${string}`[]) => void;
}

/**
 * What a page's `load` calls. While the control plane does not answer, a page that was there stays as it was and the
 * header says since when; a page that never was there becomes an error page.
 */
export async function load<T>(
  event: Loading,
  fetchIt: () => Promise<T>,
  dependsOn: typeof LIVE | typeof CHANGES | typeof RUNS = LIVE,
): Promise<T> {
  event.depends(dependsOn);
  const key = event.url.pathname + event.url.search;
  try {
    const value = await fetchIt();
    lastGood.clear();
    lastGood.set(key, value);
    freshness.seen();
    return value;
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    if (failure.isTransient && lastGood.has(key)) {
      freshness.lost(failure);
      return lastGood.get(key) as T;
    }
    const { code, remedy, requestId } = failure;
    return error(failure.status === 0 ? 503 : failure.status, failure.message, {
      code,
      remedy,
      ...(requestId !== undefined && { requestId }),
    });
  }
}
