import type { DeliveryProfile } from './delivery-profile.ts';

/** Times `minRows` that a retraining waits for: rows since the drift began, for training and hold-out together. */
export const RETRAIN_ROWS = 5;

/** First pause after a healing that failed, in looks; it doubles with each failure in a row, up to the largest. */
const FIRST_PAUSE_LOOKS = 10;
const LARGEST_PAUSE_LOOKS = 1_000;

export interface MonitorProgress {
  /** Looks and statements so far: each has a key of its own. */
  readonly looks: number;
  readonly told: number;
  /** Rows before this do not count. */
  readonly sinceMs: number;
  /** Drifted looks in a row, and when the first of them was. */
  readonly drifted: number;
  readonly driftSinceMs: number;
  /** Healings so far, failed ones in a row, and the moment before which none begins again. */
  readonly runs: number;
  readonly failures: number;
  readonly pausedUntilMs: number;
}

export type MonitorNext = 'stay' | 'heal';

export const startWatching = (): MonitorProgress => ({
  looks: 0,
  told: 0,
  sinceMs: 0,
  drifted: 0,
  driftSinceMs: 0,
  runs: 0,
  failures: 0,
  pausedUntilMs: 0,
});

/** Drift must be seen in so many looks in a row; a look without data neither counts nor forgets. */
export function afterLook(
  at: MonitorProgress,
  nowMs: number,
  profile: DeliveryProfile['monitor'],
  look: 'drift' | 'stable' | 'no-data',
): { next: MonitorNext; progress: MonitorProgress } {
  const looks = at.looks + 1;
  if (look === 'no-data') return { next: 'stay', progress: { ...at, looks } };
  if (look === 'stable') return { next: 'stay', progress: { ...at, looks, drifted: 0 } };
  const progress = {
    ...at,
    looks,
    drifted: at.drifted + 1,
    driftSinceMs: at.drifted === 0 ? nowMs : at.driftSinceMs,
  };
  const isAlarm = progress.drifted >= profile.consecutive && nowMs >= at.pausedUntilMs;
  return { next: isAlarm ? 'heal' : 'stay', progress };
}

/** A failed healing is tried again, later each time; never in a tight loop. */
export function afterHealing(
  at: MonitorProgress,
  nowMs: number,
  lookEveryMs: number,
  healed: boolean,
): MonitorProgress {
  const runs = at.runs + 1;
  if (healed) return { ...at, runs, drifted: 0, failures: 0, pausedUntilMs: 0, sinceMs: nowMs };
  const pause = Math.min(LARGEST_PAUSE_LOOKS, FIRST_PAUSE_LOOKS * 2 ** at.failures) * lookEveryMs;
  return { ...at, runs, drifted: 0, failures: at.failures + 1, pausedUntilMs: nowMs + pause };
}
