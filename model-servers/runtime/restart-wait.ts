const LONGEST_WAIT_MS = 30_000;
/** A process that lived so long was sound: its end begins a new row of failures. */
const SOUND_MS = 60_000;

/** Ends in a row, with the one of a process that lived for `livedMs`. */
export const failuresInARow = (before: number, livedMs: number): number =>
  livedMs > SOUND_MS ? 1 : before + 1;

/** Before the nth start that waits (from 1): it doubles, up to half a minute. */
export const restartWaitMs = (firstMs: number, nth: number): number =>
  Math.min(LONGEST_WAIT_MS, firstMs * 2 ** (nth - 1));
