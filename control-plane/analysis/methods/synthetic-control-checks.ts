import { at, mean } from '../numeric/sum.ts';
import { gaps, outcomeWeights, rms, syntheticControl } from './synthetic-control.ts';

export interface ControlPanel {
  readonly treated: readonly number[];
  readonly donors: readonly (readonly number[])[];
  readonly prePeriods: number;
}

/** The change backdated to `at`, with the real post-periods left out: an effect before the change speaks against the design. */
export function placeboInTime({ treated, donors, prePeriods }: ControlPanel, backdated: number) {
  const before = (row: readonly number[]): number[] => row.slice(0, prePeriods);
  const { att, preRmse, effects } = syntheticControl(before(treated), donors.map(before), backdated);
  return { att, preRmse, ratio: rms(effects) / preRmse };
}

/** The effect without each donor that carries weight, in the donors' order: does one donor make the result? */
export function leaveOneOut(
  { treated, donors, prePeriods }: ControlPanel,
  weights: readonly number[],
): { donor: number; att: number }[] {
  return weights.flatMap((weight, i) =>
    weight > 0 && donors.length > 1
      ? [
          {
            donor: i,
            att: syntheticControl(
              treated,
              donors.filter((_, j) => j !== i),
              prePeriods,
            ).att,
          },
        ]
      : [],
  );
}

export interface Detectable {
  /** Smallest sustained effect, in the outcome's unit, found with this power; null: the placebos are too few for alpha. */
  readonly effect: number | null;
  readonly placebos: number;
}

/**
 * What a synthetic control could see, from the pre-periods alone and before anything changes: each donor plays the treated unit
 * over the last `postPeriods`, which gives the law of (mean gap)/(pre-RMSPE) without an effect. An effect is found when the size
 * of the ratio passes the ⌈(n+1)(1−alpha)⌉-th smallest placebo's; the answer is the least effect that enough placebos, moved by
 * it, would pass with (Abadie, Diamond & Hainmueller 2010 for the placebos; power as in Cunningham's and GeoLift's simulations).
 */
export function smallestDetectableEffect(
  { treated, donors, prePeriods }: ControlPanel,
  { postPeriods, alpha = 0.05, power = 0.8 }: { postPeriods: number; alpha?: number; power?: number },
): Detectable {
  const fitted = prePeriods - postPeriods;
  const before = (row: readonly number[]): number[] => row.slice(0, prePeriods);
  const rows = donors.map(before);
  const ratios = rows
    .map((row, i) =>
      ratioOf(
        row,
        rows.filter((_, j) => j !== i),
        fitted,
      ),
    )
    .filter((ratio) => Number.isFinite(ratio));
  const own = rms(
    gaps(before(treated), rows, outcomeWeights(before(treated), rows, fitted)).slice(0, fitted),
  );
  const rank = Math.ceil((ratios.length + 1) * (1 - alpha) - 1e-9);
  if (rank > ratios.length || ratios.length === 0) return { effect: null, placebos: ratios.length };
  const critical = at(
    ratios.map(Math.abs).sort((a, b) => a - b),
    rank - 1,
  );
  const needed = ratios.map((ratio) => critical - ratio).sort((a, b) => a - b);
  const effect = at(needed, Math.ceil(needed.length * power - 1e-9) - 1) * own;
  return { effect: Math.max(0, effect), placebos: ratios.length };
}

function ratioOf(row: readonly number[], donors: readonly (readonly number[])[], fitted: number): number {
  const gap = gaps(row, donors, outcomeWeights(row, donors, fitted));
  return mean(gap.slice(fitted)) / rms(gap.slice(0, fitted));
}
