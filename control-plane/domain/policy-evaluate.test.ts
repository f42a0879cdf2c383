import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAMILIES } from './families/all.ts';
import type { Trip } from './policy.ts';
import { asksFallback, compilePolicy } from './policy-evaluate.ts';

const priced = compilePolicy(FAMILIES.pricing.policy);
const facts = (referenceCents: number, costCents: number) => ({ referenceCents, costCents });

test.for([
  { name: 'floor', cents: 90, facts: facts(100, 50), served: 100, rules: ['floor'] },
  { name: 'ceiling', cents: 310, facts: facts(290, 50), served: 300, rules: ['ceiling'] },
  { name: 'largest step up', cents: 200, facts: facts(150, 50), served: 187.5, rules: ['largest-step'] },
  { name: 'largest step down', cents: 150, facts: facts(220, 50), served: 165, rules: ['largest-step'] },
  { name: 'margin', cents: 190, facts: facts(200, 190), served: 200, rules: ['margin'] },
  { name: 'nothing trips', cents: 200, facts: facts(200, 100), served: 200, rules: [] },
])('price: $name', ({ cents, facts: f, served, rules }) => {
  const trips: Trip[] = [];
  expect(priced.price(cents, f, trips)).toBeCloseTo(served, 9);
  expect(trips.map((t) => t.rule)).toEqual(rules);
});

test('property: a served price is within every limit, unless the limits contradict each other', () => {
  const price = fc.double({ min: 1, max: 1000, noNaN: true });
  fc.assert(
    fc.property(price, price, price, (cents, referenceCents, costCents) => {
      const low = Math.max(100, referenceCents * 0.75, costCents / 0.95);
      const high = Math.min(300, referenceCents * 1.25);
      const trips: Trip[] = [];
      const served = priced.price(cents, { referenceCents, costCents }, trips);
      expect(served).toBeLessThanOrEqual(high);
      if (low <= high) expect(served).toBeGreaterThanOrEqual(low);
      expect(trips.length > 0).toBe(cents < low || cents > high);
      for (const t of trips) expect(Number.isFinite(t.value)).toBe(true);
    }),
  );
});

test('bid, demand and confidence', () => {
  const trips: Trip[] = [];
  expect(compilePolicy(FAMILIES.bidding.policy).bid(75, trips)).toBe(60);
  expect(compilePolicy(FAMILIES.forecasting.policy).demand(-1, trips)).toBe(0);
  expect(compilePolicy(FAMILIES.forecasting.policy).demand(30_000, trips)).toBe(20_000);
  expect(compilePolicy(FAMILIES.vision.policy).review(0.5, trips)).toBe(true);
  expect(compilePolicy(FAMILIES.ranking.policy).stockRule?.id).toBe('only-in-stock');
  expect(trips.map((t) => [t.rule, t.value, t.limit, t.action])).toEqual([
    ['cap', 75, 60, 'clamp'],
    ['no-negative-demand', -1, 0, 'clamp'],
    ['largest-order', 30_000, 20_000, 'clamp'],
    ['sure-enough', 0.5, 0.7, 'review'],
  ]);
  expect(asksFallback(trips)).toBe(false);
});

test('every rule of a kind counts: each that is broken trips, the strictest limit holds', () => {
  const trips: Trip[] = [];
  const bids = compilePolicy({
    rules: [
      { id: 'loose', kind: 'bid-cap', limit: 60, action: 'clamp' },
      { id: 'strict', kind: 'bid-cap', limit: 40, action: 'fallback' },
    ],
  });
  expect([bids.bid(50, trips), trips.map((t) => t.rule)]).toEqual([40, ['strict']]);
  expect(asksFallback(trips)).toBe(true);
  expect([bids.bid(75, trips), trips.map((t) => t.rule)]).toEqual([40, ['strict', 'loose', 'strict']]);

  const demands = compilePolicy({
    rules: [
      { id: 'no-negative', kind: 'non-negative', action: 'clamp' },
      { id: 'none-below', kind: 'non-negative', action: 'fallback' },
      { id: 'look', kind: 'max-demand', limit: 100, action: 'review' },
      { id: 'most', kind: 'max-demand', limit: 500, action: 'clamp' },
    ],
  });
  const of = (units: number): [number, string[]] => {
    const list: Trip[] = [];
    return [demands.demand(units, list), list.map((t) => t.rule)];
  };
  expect([of(-1), of(200), of(900)]).toEqual([
    [0, ['no-negative', 'none-below']],
    [200, ['look']],
    [500, ['look', 'most']],
  ]);

  const seen: Trip[] = [];
  const views = compilePolicy({
    rules: [
      { id: 'loose', kind: 'min-confidence', limit: 0.5, action: 'review' },
      { id: 'strict', kind: 'min-confidence', limit: 0.9, action: 'review' },
    ],
  });
  expect([views.review(0.7, seen), seen.map((t) => t.rule)]).toEqual([true, ['strict']]);
});

test('a rule may ask for the fallback, and no rules change nothing', () => {
  const trips: Trip[] = [];
  const strict = compilePolicy({ rules: [{ id: 'cap', kind: 'bid-cap', limit: 10, action: 'fallback' }] });
  strict.bid(11, trips);
  expect(asksFallback(trips)).toBe(true);
  const open = compilePolicy({ rules: [] });
  expect([open.bid(1e9, trips), open.demand(-5, trips), open.price(-1, facts(0, 0), trips)]).toEqual([
    1e9, -5, -1,
  ]);
});
