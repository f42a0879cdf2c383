import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAMILIES } from '@assay/domain/families/all';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  biddingInputs,
  forecastingInputs,
  infer,
  pricingInputs,
  rankingInputs,
  refusal,
  requestOf,
  type Sent,
  type Told,
  visionInputs,
} from './inference-calls.ts';
import { endpoint, ModelServerProcess, served } from './inference-server.ts';

let server: ModelServerProcess;

const policy = (family: keyof typeof FAMILIES): object => ({ policy: FAMILIES[family].policy });

beforeAll(async () => {
  server = await ModelServerProcess.start([
    endpoint('rank', 'ranking', 'ranking-affinity', policy('ranking')),
    endpoint('rank-free', 'ranking', 'ranking-affinity'),
    endpoint('price', 'pricing', 'pricing-elastic', policy('pricing')),
    endpoint('price-greedy', 'pricing', 'pricing-inelastic', {
      policy: { rules: [{ id: 'step', kind: 'max-step', limit: 0.1, action: 'clamp' }] },
    }),
    endpoint('bid', 'bidding', 'bidding-affinity', policy('bidding')),
    endpoint('bid-strict', 'bidding', 'bidding-affinity', {
      policy: { rules: [{ id: 'cap', kind: 'bid-cap', limit: 60, action: 'fallback' }] },
    }),
    endpoint('bid-none', 'bidding', 'bidding-affinity', {
      policy: { rules: [{ id: 'cap', kind: 'bid-cap', limit: 60, action: 'fallback' }] },
      fallback: 'none',
    }),
    endpoint('demand', 'forecasting', 'forecasting-lag', policy('forecasting')),
    endpoint('demand-wrong', 'forecasting', 'forecasting-negative', policy('forecasting')),
    endpoint('label', 'vision', 'vision-sure', policy('vision')),
    endpoint('label-unsure', 'vision', 'vision-unsure', policy('vision')),
    endpoint('rank-fails', 'ranking', 'ranking-fails', policy('ranking')),
    endpoint('rank-fails-none', 'ranking', 'ranking-fails', { fallback: 'none' }),
    endpoint('rank-canary-fails', 'ranking', 'ranking-affinity', {
      canary: { ...served('2', 'ranking-fails'), rollout: 'r1', weight: 1 },
    }),
  ]);
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = (name: string, inputs: readonly Sent[]): Promise<Told> =>
  infer(server, requestOf(name, inputs, { unit: 'u' }));

test('ranking: the four best in stock, ties in the order of the request', async () => {
  const inputs = rankingInputs([0.1, 0.9, 0.5, 0.9, 0.7, 0.6], {
    stock: [true, true, true, false, true, true],
  });
  const told = await ask('rank', inputs);
  expect(told.values.item_id).toEqual([101, 104, 105, 102]);
  expect(told.trips).toEqual([
    { rule: 'only-in-stock', kind: 'in-stock', value: 1, limit: 0, action: 'filter' },
  ]);
  const free = await ask('rank-free', inputs);
  expect(free.values.item_id).toEqual([101, 103, 104, 105]);
  expect(free.trips).toEqual([]);
});

test.for([
  // argmax of (price − cost)·p over the grid, by hand: sigmoid(4 − 2·price in dollars)
  { name: 'nothing trips', at: 'price', reference: 200, cost: 100, price: 190, rules: [] },
  { name: 'floor trips', at: 'price', reference: 82, cost: 10, price: 100, rules: ['floor'] },
  { name: 'ceiling trips', at: 'price', reference: 280, cost: 260, price: 300, rules: ['ceiling'] },
  { name: 'largest step trips', at: 'price-greedy', reference: 200, cost: 100, price: 220, rules: ['step'] },
])('pricing: $name', async ({ at, reference, cost, price, rules }) => {
  const told = await ask(at, pricingInputs(reference, cost));
  const grid = [0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2].map((m) => m * reference);
  const probability = (p: number): number =>
    1 / (1 + Math.exp(at === 'price' ? (2 * p) / 100 - 4 : (0.01 * p) / 100 - 2));
  const best = grid.reduce((a, b) => (probability(b) * (b - cost) > probability(a) * (a - cost) ? b : a));
  if (rules.length === 0) expect(told.values.price_cents?.[0]).toBeCloseTo(best, 2);
  else expect(told.values.price_cents?.[0]).toBeCloseTo(price, 2);
  expect(told.values.purchase_probability?.[0]).toBeCloseTo(probability(best), 4);
  expect(told.trips.map((t) => t.rule)).toEqual(rules);
});

test('pricing: the least margin trips', async () => {
  const told = await ask('price', pricingInputs(200, 235));
  // 235 / 0.95 = 247.4: within the largest step (250) and below the ceiling
  expect(told.values.price_cents?.[0]).toBeCloseTo(247.368, 2);
  expect(told.trips).toMatchObject([{ rule: 'margin', limit: 0.05, action: 'clamp' }]);
});

test('bidding: the cap trips, with rule and numbers', async () => {
  expect((await ask('bid', biddingInputs(0, 80))).values.bid_cents).toEqual([40]);
  const told = await ask('bid', biddingInputs(0, 200));
  expect(told.values.bid_cents).toEqual([60]);
  expect(told.trips).toEqual([{ rule: 'cap', kind: 'bid-cap', value: 100, limit: 60, action: 'clamp' }]);
});

test('a rule that asks for the fallback gets the family default; without a fallback the error', async () => {
  const told = await ask('bid-strict', biddingInputs(0, 200));
  expect([told.values.bid_cents, told.reason, told.arm]).toEqual([[0], 'fallback-default', 'champion']);
  const refused = await refusal(ask('bid-none', biddingInputs(0, 200)));
  expect([refused.code, refused.reason]).toEqual([9, 'GUARDRAIL_REFUSED']);
});

test('forecasting: no negative demand, no order beyond the largest', async () => {
  expect((await ask('demand', forecastingInputs(1.5, 100))).values.demand).toEqual([150]);
  const large = await ask('demand', forecastingInputs(3, 10_000));
  expect([large.values.demand, large.trips.map((t) => t.rule)]).toEqual([[20_000], ['largest-order']]);
  const negative = await ask('demand-wrong', forecastingInputs(1.5, 100));
  expect([negative.values.demand, negative.trips.map((t) => t.rule)]).toEqual([[0], ['no-negative-demand']]);
});

test('vision: what the model is not sure of goes to review', async () => {
  const sure = await ask('label', visionInputs(5));
  expect([sure.values.label, sure.values.review, sure.trips]).toEqual([[5], [0], []]);
  const unsure = await ask('label-unsure', visionInputs(5));
  expect([unsure.values.label, unsure.values.review]).toEqual([[5], [1]]);
  expect(unsure.trips).toMatchObject([{ rule: 'sure-enough', limit: 0.7, action: 'review' }]);
});

test('a failing champion: the family default, marked; without a fallback MODEL_FAILED', async () => {
  const inputs = rankingInputs([0.1, 0.2, 0.3], { first: 7, stock: [true, false, true] });
  const told = await ask('rank-fails', inputs);
  expect([told.values.item_id, told.reason, told.arm, told.version]).toEqual([
    [100, 102],
    'fallback-default',
    'fallback',
    'family-default',
  ]);
  await expect(ask('rank-fails-none', inputs)).rejects.toMatchObject({ code: 13 });
});

test('a failing canary: the champion answers, marked', async () => {
  const told = await ask('rank-canary-fails', rankingInputs([0.1, 0.2], { first: 7 }));
  expect([told.values.item_id, told.reason, told.arm, told.version]).toEqual([
    [101, 100],
    'fallback-champion',
    'fallback',
    '1',
  ]);
});

test('metrics name trips and fallbacks', async () => {
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  expect(metrics).toMatch(/assay_guardrail_trips_total\{endpoint="bid",rule="cap",action="clamp"\} [1-9]/);
  expect(metrics).toMatch(
    /assay_fallbacks_total\{endpoint="rank-canary-fails",reason="fallback-champion"\} [1-9]/,
  );
  expect(metrics).toContain(
    'assay_answers_total{endpoint="rank-canary-fails",model="tiny",version="2",arm="canary",outcome="failed"} 1',
  );
});

test('the key of unit keys is readable by its owner only', () => {
  expect(readFileSync(join(server.evidence, 'unit-key')).length).toBe(32);
});
