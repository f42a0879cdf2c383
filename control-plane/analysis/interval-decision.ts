import type { VerdictKind } from '@assay/domain/verdict';

/** Four significant digits: enough to read, the record has the rest. */
export const show = (x: number): string => String(Number(x.toPrecision(4)));

export interface IntervalDecision {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  /** Of candidate − champion. */
  readonly lower: number;
  readonly upper: number;
  readonly smallestEffect: number;
  /** What kind of interval, for the reason: "always-valid interval, 95 %". */
  readonly basis: string;
}

/**
 * By the interval of the improvement alone, so that a worse metric never betters the verdict:
 * no number → no-data; wholly below 0 → roll back; wholly below the smallest effect of interest → keep the champion; wholly above 0 → ship.
 */
export function decideByInterval(d: IntervalDecision): { kind: VerdictKind; reason: string } {
  const [worst, best] = d.better === 'higher' ? [d.lower, d.upper] : [-d.upper, -d.lower];
  const range = `${d.metric}: improvement between ${show(worst)} and ${show(best)} (${d.basis})`;
  if (!Number.isFinite(worst) || !Number.isFinite(best))
    return { kind: 'no-data', reason: `${range}: a bound is not a number` };
  if (best < 0) return { kind: 'roll-back', reason: `${range}: worse than the champion` };
  if (best < d.smallestEffect)
    return {
      kind: 'keep-champion',
      reason: `${range}: below the smallest effect of interest ${show(d.smallestEffect)}`,
    };
  if (worst <= 0) return { kind: 'inconclusive', reason: `${range}: it holds 0` };
  return { kind: 'ship', reason: `${range}: better than the champion` };
}
