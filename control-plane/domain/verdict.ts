/** How a comparison ended. Never a default: what cannot be read is `no-data` or `refused`, and neither raises traffic. */
export const VERDICTS = ['ship', 'roll-back', 'keep-champion', 'inconclusive', 'no-data', 'refused'] as const;
export type VerdictKind = (typeof VERDICTS)[number];

/** candidate − champion in the metric's unit, with a 95 % interval. */
export interface Effect {
  readonly metric: string;
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Verdict {
  readonly kind: VerdictKind;
  readonly reasons: readonly string[];
  readonly effect: Effect | null;
}
