import { prng } from '@assay/domain/prng';
import { describe, expect, test } from 'vitest';
import { nestedControl } from './predictor-synthetic-control.ts';

/** Six donors with two predictors each; the treated unit's are a mix of theirs. */
function panel(seed: string, alike: boolean) {
  const random = prng(seed);
  const shared = Array.from({ length: 12 }, () => random.normal());
  const donors = Array.from({ length: 6 }, () => shared.map((x) => (alike ? x : x + random.normal())));
  const predictors = donors.map((row) => [(row[0] ?? 0) + random.normal(), (row[5] ?? 0) + random.normal()]);
  const mix = (of: (i: number) => number): number => 0.5 * of(0) + 0.3 * of(1) + 0.2 * of(2);
  return {
    given: {
      treated: shared.map((_, t) => mix((i) => donors[i]?.[t] ?? 0) + 0.1 * random.normal()),
      donors,
      prePeriods: 9,
    },
    predictors: {
      treated: [0, 1].map((p) => mix((i) => predictors[i]?.[p] ?? 0) + 0.5),
      donors: predictors,
    },
  };
}

describe('near-ties of a nested synthetic control', () => {
  test('donors that cannot be told apart by the outcome: other weights that fit as well are reported', () => {
    const { given, predictors } = panel('alike', true);
    const { nearTies, preRmse, weights } = nestedControl(given, predictors);
    expect(nearTies.length).toBeGreaterThan(0);
    for (const tie of nearTies) {
      expect(tie.preRmse ** 2).toBeLessThanOrEqual(1.01 * preRmse ** 2);
      expect(tie.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      expect(Math.max(...tie.weights.map((w, i) => Math.abs(w - (weights[i] ?? 0))))).toBeGreaterThan(0.02);
    }
  });

  test('no tie is a better fit, and other starts reach the same one', () => {
    const { given, predictors } = panel('apart', false);
    const one = nestedControl(given, predictors);
    const two = nestedControl(given, predictors, 'other starts');
    expect(two.preRmse).toBeCloseTo(one.preRmse, 4);
    for (const tie of one.nearTies) expect(tie.preRmse).toBeGreaterThanOrEqual(one.preRmse);
  });
});
