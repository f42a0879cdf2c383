import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AssayClient, type Prediction } from '@assay/client/client';
import { type Column, encode } from '@assay/client/tensors';
import { FAMILIES } from '@assay/domain/families/all';
import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import { catEvidence } from '@assay/model-servers/evidence/cat';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockedPython } from '../plane/locked-python.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const QUICKSTARTS = join(ROOT, 'client/quickstarts');

const ENDPOINTS = [
  endpoint('shelf-price', 'pricing', 'pricing-elastic'),
  endpoint('rank', 'ranking', 'ranking-affinity'),
  endpoint('demand', 'forecasting', 'forecasting-lag'),
  endpoint('bid', 'bidding', 'bidding-affinity'),
  endpoint('read', 'vision', 'vision-sure'),
];
const NAMES: Readonly<Record<Family, string>> = {
  ...{ pricing: 'shelf-price', ranking: 'rank', forecasting: 'demand', bidding: 'bid', vision: 'read' },
};

let server: ModelServerProcess;
let assay: AssayClient;
beforeAll(async () => {
  server = await ModelServerProcess.start(ENDPOINTS);
  assay = new AssayClient({ address: server.grpc, deadlineMs: 20_000 });
});
afterAll(async () => {
  assay?.close();
  await server?.[Symbol.asyncDispose]();
});

const row = (length: number, values: Readonly<Record<number, number>> = {}): number[] =>
  Array.from({ length }, (_, i) => values[i] ?? 0);
const price = (client = assay, options = {}): Promise<Prediction<'pricing'>> =>
  client.predict(
    'pricing',
    'shelf-price',
    { context: [row(7)], reference_price_cents: [200], cost_cents: [120] },
    options,
  );

describe('predictions', () => {
  test('each family, by the names and types of its signature', async () => {
    const { outputs, arm, decisionId } = await price();
    expect([outputs.price_cents.length, arm]).toEqual([1, 'champion']);
    expect(decisionId).toMatch(/^[0-9a-f-]{36}$/);
    const first = 2n ** 60n;
    const ranked = await assay.predict('ranking', 'rank', {
      features: [row(12, { 4: 0.1 }), row(12, { 4: 0.3 })],
      item_id: [first, first + 1n],
      in_stock: [true, true],
    });
    expect(ranked.outputs.item_id).toEqual([first + 1n, first]);
    const demand = await assay.predict('forecasting', 'demand', {
      features: [row(13, { 0: 2 })],
      level: [10],
    });
    expect(demand.outputs.demand).toEqual([20]);
    const bid = await assay.predict('bidding', 'bid', { features: [row(10)], click_value_cents: [100] });
    expect(bid.outputs.bid_cents[0]).toBeCloseTo(50);
    const ink = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [24 + i, 16]));
    const seen = await assay.predict('vision', 'read', { image: [row(64, ink)] });
    expect([seen.outputs.label, seen.outputs.review]).toEqual([[3n], [false]]);
  });

  test.for(FAMILY_NAMES)('%s: the outputs that come are those that the type names', async (family) => {
    const inputs = Object.fromEntries(
      FAMILIES[family].requestInputs.map(({ name, shape, datatype }) => {
        const width = shape.slice(1).reduce((n, d) => n * d, 1);
        return [name, [shape.length > 1 ? row(width) : datatype === 'BOOL' ? true : 1]];
      }),
    );
    const { outputs } = await assay.predict(family, NAMES[family], inputs as never);
    expect(Object.keys(outputs)).toEqual(FAMILIES[family].responseOutputs.map((o) => o.name));
  });

  test('values that are not of the shape are refused before they are sent: INPUT_SHAPE', async () => {
    const short: Column = [[1, 2]];
    const [spec] = FAMILIES.pricing.requestInputs;
    expect(() => encode(spec as never, short)).toThrow(expect.objectContaining({ code: 'INPUT_SHAPE' }));
  });

  test('nobody answers: the fallback, marked; a wrong request is an error all the same', async () => {
    using away = new AssayClient({ address: '127.0.0.1:1', deadlineMs: 200 });
    const fallback = { price_cents: [200], purchase_probability: [0] };
    expect(await price(away, { fallback, unitId: 'anna' })).toMatchObject({
      outputs: fallback,
      reason: 'client-fallback',
      decisionId: '',
      unitId: 'anna',
    });
    await expect(price(away)).rejects.toMatchObject({ code: expect.any(Number) });
    await expect(price(assay, { fallback, version: 'none' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });
});

test('assignments in OpenFeature’s words; what goes wrong is the default arm', async () => {
  expect(await assay.assign('rank', 'anna')).toMatchObject({ value: 'champion', reason: 'STATIC' });
  expect(await assay.assign('nowhere', 'anna', 'control')).toMatchObject({
    ...{ value: 'control', reason: 'ERROR', errorCode: 'FLAG_NOT_FOUND' },
  });
});

test('outcomes count once however often they are sent; passing failures are tried again', async () => {
  await using own = await ModelServerProcess.start(ENDPOINTS);
  using client = new AssayClient({ address: own.grpc, deadlineMs: 20_000 });
  const { decisionId } = await price(client);
  const outcome = {
    endpoint: 'shelf-price',
    decisionId,
    outcomeId: 'order-1',
    metrics: { margin_cents: 80 },
  };
  expect((await client.recordOutcomes([outcome])).accepted).toBe(1n);
  expect(await client.recordOutcomes([outcome])).toMatchObject({ accepted: 0n, duplicates: 1n });
  await own.stop('SIGTERM');
  const ids: unknown[] = [];
  for await (const record of catEvidence(own.evidence, () => undefined))
    if (record.kind === 'outcomes') ids.push(record.outcome_id);
  expect(ids).toEqual(['order-1']);
  using away = new AssayClient({ address: '127.0.0.1:1', deadlineMs: 50 });
  const began = performance.now();
  await expect(away.recordOutcomes([outcome])).rejects.toMatchObject({ code: expect.any(Number) });
  // It waited between attempts, 100 ms the first time and twice as long each time after
  expect(performance.now() - began).toBeGreaterThan(1_000);
});

describe('quickstarts', () => {
  const fits = (answer: object): void =>
    expect(answer).toMatchObject({ price: expect.any(Number), arm: 'champion' });

  test('TypeScript', async () => {
    const { stdout } = await run(process.execPath, [join(QUICKSTARTS, 'quickstart.ts'), server.grpc]);
    fits(JSON.parse(stdout));
    expect(JSON.parse(stdout).accepted).toBe(1);
  });

  test('Python, tritonclient', async () => {
    const python = await lockedPython('triton', join(ROOT, 'test/reference/triton/requirements.lock.txt'));
    const { stdout } = await run(python, [join(QUICKSTARTS, 'quickstart.py'), server.grpc]);
    fits(JSON.parse(stdout));
  });

  test('curl', async ({ skip }) => {
    const found = await run('curl', ['--version']).then(
      () => true,
      () => false,
    );
    if (!found) return skip('curl is not installed');
    const { stdout } = await run('sh', [join(QUICKSTARTS, 'quickstart.sh'), server.http]);
    const { outputs, parameters } = JSON.parse(stdout) as {
      outputs: { name: string; data: number[] }[];
      parameters: { arm: string };
    };
    fits({ price: outputs.find((o) => o.name === 'price_cents')?.data[0], arm: parameters.arm });
  });
});
