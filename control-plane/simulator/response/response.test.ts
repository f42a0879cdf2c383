import { FAMILIES } from '@assay/domain/families/all';
import { prng } from '@assay/domain/prng';
import { describe, expect, test } from 'vitest';
import type { PoolRow, ServedAnswer } from '../pool-row.ts';
import { drawOutcome, expectedOutcome } from './all.ts';
import { cumulative } from './normal.ts';

const item = (id: number, more: object = {}) => ({
  id,
  features: [],
  affinity: 0,
  inStock: true,
  priceCents: 4000,
  marginCents: 1200,
  appeal: 0.3 * id - 0.6,
  worth: 0.5,
  bait: false,
  ...more,
});

const cases: readonly { family: keyof typeof FAMILIES; what: string; row: unknown; served: ServedAnswer }[] =
  [
    {
      family: 'ranking',
      what: 'four items, one of them bait, one out of stock',
      row: {
        taste: 0.5,
        items: [item(1), item(2, { bait: true, marginCents: -500 }), item(3, { inStock: false }), item(4)],
      },
      served: { item_id: [2, 4, 3, 1] },
    },
    {
      family: 'pricing',
      what: 'a price above reference',
      row: { competitorPrice: 2, loyalty: 0.6, context: [], referencePriceCents: 190, costCents: 137 },
      served: { price_cents: [199.5] },
    },
    {
      family: 'bidding',
      what: 'a middling bid',
      row: { features: [1, 2, 4, 3, 0, 0.4, 7, 5, 2, 1], clickValueCents: 90 },
      served: { bid_cents: [19] },
    },
    {
      family: 'forecasting',
      what: 'a forecast a little low',
      row: { day: 640, store: 3, meanDemand: 200, level: 190 },
      served: { demand: [197] },
    },
    {
      family: 'vision',
      what: 'a misread that nobody reviews',
      row: { pixels: [], label: 3 },
      served: { label: [5], review: [0] },
    },
  ];

const DRAWS = 40_000;

describe('response models', () => {
  test.for(cases)(
    '$family, $what: the mean of draws is the stated expectation',
    ({ family, row, served }) => {
      const poolRow: PoolRow = { key: 'x', inputs: [], row };
      const expected = expectedOutcome(family, poolRow, served);
      const rng = prng(`response/${family}`);
      const draws = Array.from({ length: DRAWS }, () => drawOutcome(family, poolRow, served, rng).metrics);
      for (const { name } of [FAMILIES[family].northStar, ...FAMILIES[family].guardrails]) {
        const values = draws.map((d) => d[name] ?? Number.NaN);
        const mean = values.reduce((a, b) => a + b, 0) / DRAWS;
        const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (DRAWS - 1));
        // 4.5 standard errors: one in 150,000 by chance, and the seed is fixed.
        expect(Math.abs(mean - (expected[name] ?? Number.NaN))).toBeLessThanOrEqual(
          (4.5 * sd) / Math.sqrt(DRAWS) + 1e-9,
        );
      }
    },
  );

  test('a review costs its look and is never a misread', () => {
    const row: PoolRow = { key: 'x', inputs: [], row: { pixels: [], label: 3 } };
    expect(expectedOutcome('vision', row, { label: [5], review: [1] })).toEqual({
      handling_cents: 15,
      misreads: 0,
    });
  });

  test('a bid of nothing wins nothing', () => {
    const row: PoolRow = { key: 'x', inputs: [], row: { features: [], clickValueCents: 90 } };
    expect(expectedOutcome('bidding', row, { bid_cents: [0] })).toEqual({ profit_cents: 0, cost_cents: 0 });
  });

  // Python: statistics.NormalDist().cdf
  test.for([
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1.96, 0.024997895148220435],
    [3.5, 0.9997673709209645],
    [-6, 9.865877e-10],
  ] as const)('normal distribution at %d', ([x, p]) => {
    expect(cumulative(x)).toBeCloseTo(p, 12);
  });
});
