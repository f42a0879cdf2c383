import { toFailure } from '@assay/activities/failure';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Well under the shortest heartbeat time-out of definitions/calls.ts: a killed worker is noticed soon, a busy one is not. */
const BEAT_MS = 2_000;

/** Around every activity: it beats by itself, and its errors become Temporal's in one place; the SDK logs them. */
export const activityInterceptor: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const beat = setInterval(() => context.heartbeat(), BEAT_MS);
      try {
        return await next(input);
      } catch (error) {
        throw toFailure(error);
      } finally {
        clearInterval(beat);
      }
    },
  },
});
