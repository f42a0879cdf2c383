import { FAMILIES } from '@assay/domain/families/all';
import { PRICE_GRID } from '@assay/domain/families/pricing';
import type { Trip } from '@assay/domain/policy';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { booleans, floats, integers, type WireTensor } from '../runtime/tensor.ts';
import { CODECS } from './all.ts';
import type { ServedColumn } from './codec.ts';

const zeros = (name: string, shape: number[]): WireTensor =>
  floats(name, new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
const told = (served: readonly ServedColumn[]): Record<string, number> =>
  Object.fromEntries(
    served.flatMap(({ names, values }) =>
      Array.from(values)
        .slice(0, names.length)
        .map((value, r) => [names[r], value]),
    ),
  );
const f32 = (x: number): number => Math.fround(x);

test('pricing: every row at every price of the grid, in dollars, context behind it', () => {
  const codec = CODECS.pricing({ rules: [] });
  const inputs = [
    floats('context', [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17], [2, 7]),
    floats('reference_price_cents', [200, 100]),
    floats('cost_cents', [100, 50]),
  ];
  const { data, shape } = codec.encode(inputs);
  expect(shape).toEqual([2 * PRICE_GRID.length, 8]);
  expect([...data.subarray(0, 8)]).toEqual([f32(1.6), 1, 2, 3, 4, 5, 6, 7]);
  expect([...data.subarray(17 * 8, 18 * 8)]).toEqual([f32(1.2), 11, 12, 13, 14, 15, 16, 17]);
  const raw = new Float32Array(18).fill(0.5);
  raw[2] = 1;
  const { served, features } = codec.decode(inputs, raw, []);
  // Row 0: 0.9 × 200 sells surely; row 1: all sell alike, so the highest price
  expect(told(served)).toEqual({
    price_cents: 180,
    price_cents_1: f32(120),
    purchase_probability: 1,
    purchase_probability_1: 0.5,
  });
  expect(features).toEqual([1.8, 1, 2, 3, 4, 5, 6, 7]);
});

test('ranking: served items by slot, features as means over the candidates', () => {
  const codec = CODECS.ranking({ rules: [] });
  const features = new Float32Array(24);
  features[4] = 1;
  features[16] = 3;
  const inputs = [
    floats('features', features, [2, 12]),
    integers('item_id', [7n, 8n]),
    booleans('in_stock', [true, true]),
  ];
  const answer = codec.decode(inputs, Float32Array.of(0.25, 0.5), []);
  expect(told(answer.served)).toEqual({ item_0: 8, score_0: 0.5, item_1: 7, score_1: 0.25 });
  expect(answer.features[4]).toBe(2);
});

test('vision: features of the first image; -1 and review as the default', () => {
  const codec = CODECS.vision(FAMILIES.vision.policy);
  const { served, features } = codec.fallback([zeros('image', [2, 1, 8, 8])]);
  expect(told(served)).toEqual({
    label: -1,
    label_1: -1,
    confidence: 0,
    confidence_1: 0,
    review: 1,
    review_1: 1,
  });
  expect(features).toEqual([0, 0, 3.5, 3.5, 0]);
});

test('the families’ constant answers', () => {
  const forecast = CODECS.forecasting(FAMILIES.forecasting.policy).fallback([
    zeros('features', [1, 13]),
    floats('level', [42], [1, 1]),
  ]);
  expect(told(forecast.served)).toEqual({ demand: 42 });
  const bid = CODECS.bidding(FAMILIES.bidding.policy).fallback([
    zeros('features', [1, 10]),
    floats('click_value_cents', [9]),
  ]);
  expect(told(bid.served)).toEqual({ bid_cents: 0 });
  const price = CODECS.pricing(FAMILIES.pricing.policy).fallback([
    zeros('context', [1, 7]),
    floats('reference_price_cents', [400]),
    floats('cost_cents', [100]),
  ]);
  expect(told(price.served).price_cents).toBe(300);
});

test('property: no answer of any family breaks its default policy, whatever a model says', () => {
  const number = fc.float({ min: Math.fround(-1e6), max: Math.fround(1e6), noNaN: true });
  fc.assert(
    fc.property(number, fc.float({ min: 1, max: 1000, noNaN: true }), (said, value) => {
      const bid = CODECS.bidding(FAMILIES.bidding.policy);
      const inputs = [zeros('features', [1, 10]), floats('click_value_cents', [value])];
      expect(told(bid.decode(inputs, Float32Array.of(said), []).served).bid_cents).toBeLessThanOrEqual(60);
      const demand = CODECS.forecasting(FAMILIES.forecasting.policy);
      const trips: Trip[] = [];
      const rows = [zeros('features', [1, 13]), floats('level', [value], [1, 1])];
      const served = told(demand.decode(rows, Float32Array.of(said), trips).served).demand as number;
      expect(served >= 0 && served <= 20_000).toBe(true);
      expect(trips.length).toBe(served === f32(said * value) ? 0 : 1);
    }),
  );
});
