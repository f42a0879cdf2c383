import { FAMILIES } from '@assay/domain/families/all';
import type { Family } from '@assay/domain/families/family';
import { expect, test } from 'vitest';
import type { PoolInput } from '../pool-row.ts';
import type { ServedTensors } from './codec.ts';
import { violation } from './violations.ts';

const input = (name: string, ...data: number[]): PoolInput => ({
  name,
  datatype: 'FP32',
  shape: [data.length],
  data,
});
const product = [input('reference_price_cents', 200), input('cost_cents', 180)];
const shelf = [input('item_id', 7, 8, 9), input('in_stock', 1, 0, 1)];

const cases: readonly [Family, string, readonly PoolInput[], ServedTensors, string | undefined][] = [
  ['ranking', 'in stock', shelf, { item_id: [9, 7] }, undefined],
  ['ranking', 'out of stock', shelf, { item_id: [9, 8] }, 'item 8'],
  ['ranking', 'never a candidate', shelf, { item_id: [5] }, 'item 5'],
  ['pricing', 'in order', product, { price_cents: [210] }, undefined],
  [
    'pricing',
    'at the margin, rounded to FP32',
    product,
    { price_cents: [Math.fround(180 / 0.95)] },
    undefined,
  ],
  ['pricing', 'below the margin', product, { price_cents: [189] }, 'over cost 180'],
  ['pricing', 'too large a step', product, { price_cents: [251] }, 'more than 0.25 from 200'],
  [
    'pricing',
    'above the ceiling',
    [input('reference_price_cents', 290)],
    { price_cents: [301] },
    '[100, 300]',
  ],
  ['pricing', 'below the floor', [input('reference_price_cents', 110)], { price_cents: [99] }, '[100, 300]'],
  ['pricing', 'not a number', product, { price_cents: [Number.NaN] }, 'NaN'],
  ['bidding', 'at the cap', [], { bid_cents: [60] }, undefined],
  ['bidding', 'above the cap', [], { bid_cents: [60.1] }, 'bid_cents 60.1'],
  ['bidding', 'not a number', [], { bid_cents: [Number.NaN] }, 'bid_cents NaN'],
  ['forecasting', 'nothing asked for', [], { demand: [0] }, undefined],
  ['forecasting', 'negative demand', [], { demand: [-1] }, 'demand -1'],
  ['forecasting', 'more than the largest order', [], { demand: [20_100] }, 'demand 20100'],
  ['vision', 'unsure and reviewed', [], { confidence: [0.3], review: [1] }, undefined],
  ['vision', 'unsure and not reviewed', [], { confidence: [0.3], review: [0] }, 'confidence 0.3'],
  ['vision', 'sure', [], { confidence: [0.71], review: [0] }, undefined],
];

test.for(cases)('%s, %s', ([family, , inputs, served, broken]) => {
  const found = violation(FAMILIES[family], inputs, served);
  if (broken === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(broken);
});
