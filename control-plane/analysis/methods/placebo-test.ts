import { at } from '../numeric/sum.ts';
import { gaps, outcomeWeights, rms } from './synthetic-control.ts';

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
  const ratios = outcomes.map((unit, i) => {
    const donors = outcomes.filter((_, j) => j !== i && j !== treated);
    const gap = gaps(unit, donors, outcomeWeights(unit, donors, prePeriods));
    return rms(gap.slice(prePeriods)) / rms(gap.slice(0, prePeriods));
  });
  const own = at(ratios, treated);
  return { ratios, p: ratios.filter((ratio) => ratio >= own).length / ratios.length };
}
