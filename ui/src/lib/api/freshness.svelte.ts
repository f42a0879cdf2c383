import type { ApiError } from './api-error.ts';

/** Since when the page shows old numbers, and why. */
function createFreshness() {
  let seenAtMs = $state(Date.now());
  let failure = $state.raw<ApiError | undefined>(undefined);
  return {
    get seenAtMs(): number {
      return seenAtMs;
    },
    get failure(): ApiError | undefined {
      return failure;
    },
    seen(): void {
      seenAtMs = Date.now();
      failure = undefined;
    },
    lost(why: ApiError): void {
      failure = why;
    },
  };
}

export const freshness = createFreshness();
