import { at, rowAt } from '../numeric/sum.ts';
import { sharedWeights } from './shared-gram.ts';
import { gaps, rms } from './synthetic-control.ts';

export interface PlaceboTest {
  /** Post RMSPE / pre RMSPE of every unit. */
  readonly ratios: number[];
  readonly p: number;
}

/**
 * In-space placebos (Abadie, Diamond & Hainmueller 2010): every unit in turn as if treated, with all others as its donors
 * but the treated one, whose effect would leak into their fit. Three units or more.
 */
export function placeboTest(
  outcomes: readonly (readonly number[])[],
  treated: number,
  prePeriods: number,
): PlaceboTest {
  const weightsOf = sharedWeights(outcomes, prePeriods);
  const ratios = outcomes.map((unit, i) => {
    const donors = [...outcomes.keys()].filter((j) => j !== i && j !== treated);
    const rows = donors.map((j) => rowAt(outcomes, j));
    const gap = gaps(unit, rows, weightsOf(i, donors));
    return rms(gap.slice(prePeriods)) / rms(gap.slice(0, prePeriods));
  });
  const own = at(ratios, treated);
  return { ratios, p: ratios.filter((ratio) => ratio >= own).length / ratios.length };
}
