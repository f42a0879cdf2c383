import { invalidate } from '$app/navigation';
import { RUNS } from '../api/load.ts';

/** Training tells no events: what still runs is looked at again this often. */
const EVERY_MS = 5_000;

/** Reloads what depends on RUNS while `isWanted` and somebody looks at the tab. */
export function pollRuns(isWanted: () => boolean): void {
  $effect(() => {
    if (!isWanted()) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void invalidate(RUNS);
    }, EVERY_MS);
    return () => clearInterval(timer);
  });
}
