import { prng } from '@assay/domain/prng';
import { describe, expect, test } from 'vitest';
import { outcomeWeights, syntheticControl } from './synthetic-control.ts';
import { leaveOneOut, placeboInTime, smallestDetectableEffect } from './synthetic-control-checks.ts';

/** Donors follow two common waves with own noise; the treated unit is a mix of the first two, lifted from `change` on. */
function panel(seed: string, { donors = 25, pre = 40, post = 10, effect = 0, change = 40 } = {}) {
  const random = prng(seed);
  const wave = (a: number, b: number) =>
    Array.from(
      { length: pre + post },
      (_, t) => 10 + a * Math.sin(t / 3) + b * Math.cos(t / 5) + 0.3 * random.normal(),
    );
  const rows = Array.from({ length: donors }, () => wave(random.next() * 3, random.next() * 3));
  const treated =
    rows[0]?.map(
      (y, t) => 0.6 * y + 0.4 * (rows[1]?.[t] ?? 0) + 0.3 * random.normal() + (t >= change ? effect : 0),
    ) ?? [];
  return { treated, donors: rows, prePeriods: pre };
}

describe('checks of a synthetic control', () => {
  test('a placebo in time sees a change before the change, and nothing where nothing happened', () => {
    const early = placeboInTime(panel('time', { effect: 3, change: 30 }), 30);
    const quiet = placeboInTime(panel('time'), 30);
    expect(early.att).toBeGreaterThan(2);
    expect(early.ratio).toBeGreaterThan(4);
    expect(Math.abs(quiet.att)).toBeLessThan(0.5);
  });

  test('the post-periods do not reach a placebo in time', () => {
    const one = panel('blind');
    const two = { ...one, treated: one.treated.map((y, t) => (t < 40 ? y : y + 100)) };
    expect(placeboInTime(two, 30)).toEqual(placeboInTime(one, 30));
  });

  test('leaving out each donor with weight: once each, and the effect stays where no single donor makes it', () => {
    const given = panel('loo', { effect: 2 });
    const weights = outcomeWeights(given.treated, given.donors, given.prePeriods);
    const without = leaveOneOut(given, weights);
    expect(without.map(({ donor }) => donor)).toEqual(weights.flatMap((w, i) => (w > 0 ? [i] : [])));
    for (const { att } of without) expect(Math.abs(att - 2)).toBeLessThan(0.6);
  });

  test('an effect of the smallest detectable size is found with about the power asked for, half of it is not', () => {
    const sizes = [1, 0.5].map((scale) => {
      let found = 0;
      for (let run = 0; run < 25; run++) {
        const given = panel(`mde/${run}`, { pre: 50, change: 50 });
        const { effect } = smallestDetectableEffect(given, { postPeriods: 10, power: 0.8 });
        const lifted = {
          ...given,
          treated: given.treated.map((y, t) => (t < 50 ? y : y + scale * (effect ?? 0))),
        };
        if (isFound(lifted)) found += 1;
      }
      return found / 25;
    });
    // 25 panels: the standard error of a share of 0.8 is 0.08
    expect(sizes[0]).toBeGreaterThan(0.55);
    expect(sizes[1]).toBeLessThan((sizes[0] as number) - 0.15);
  });

  test('says nothing where there are too few donors for alpha', () => {
    expect(smallestDetectableEffect(panel('few', { donors: 10 }), { postPeriods: 10 }).effect).toBeNull();
  });
});

/** The rank test that the detectable effect was computed for: ratio of mean gap to pre-RMSPE against every donor's. */
function isFound({ treated, donors, prePeriods }: ReturnType<typeof panel>): boolean {
  const ratio = (unit: readonly number[], others: readonly (readonly number[])[]): number => {
    const { att, preRmse } = syntheticControl(unit, others, prePeriods);
    return Math.abs(att / preRmse);
  };
  const placebos = donors
    .map((row, i) =>
      ratio(
        row,
        donors.filter((_, j) => j !== i),
      ),
    )
    .sort((a, b) => a - b);
  const rank = Math.ceil((placebos.length + 1) * 0.95 - 1e-9);
  return ratio(treated, donors) > (placebos[rank - 1] ?? Infinity);
}
