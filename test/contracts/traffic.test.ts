import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelInferRequest } from '@assay/proto/gen/inference/open_inference_grpc';
import type { PoolInput, PoolRow } from '@assay/simulator/pool-row';
import { expectedOutcome } from '@assay/simulator/response/all';
import { drive } from '@assay/simulator/traffic/drive';
import { truth } from '@assay/simulator/traffic/truth';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { DoorServer, type Reply } from './traffic-server.ts';

const fp32 = (name: string, ...data: number[]): PoolInput => ({
  name,
  datatype: 'FP32',
  shape: [data.length],
  data,
});
const products: PoolRow[] = Array.from({ length: 30 }, (_, i) => ({
  key: String(i),
  inputs: [fp32('context', i), fp32('reference_price_cents', 180 + i), fp32('cost_cents', 120)],
  row: { competitorPrice: 2, loyalty: i / 30, context: [i], referencePriceCents: 180 + i, costCents: 120 },
}));
const stores: PoolRow[] = Array.from({ length: 12 }, (_, i) => ({
  key: `${Math.floor(i / 4)}/${i % 4}`,
  inputs: [fp32('features', 1), fp32('level', 100)],
  row: { day: Math.floor(i / 4), store: i % 4, meanDemand: 100 + i, level: 100 },
}));

const referencePrice = (r: ModelInferRequest): number => r.rawInputContents[1]?.readFloatLE(0) ?? Number.NaN;
const unitOf = (r: ModelInferRequest): string | undefined => {
  const choice = r.parameters.unit_id?.parameterChoice;
  return choice?.$case === 'stringParam' ? choice.value : undefined;
};
const sellAt: Reply = (r) => ({
  version: r.modelVersion || '1',
  arm: r.modelVersion ? 'pinned' : 'champion',
  output: 'price_cents',
  value: referencePrice(r) * (r.modelVersion === '2' ? 1.1 : 1),
});
const forecast: Reply = (r) => {
  const treated = unitOf(r) === 'store-01';
  return {
    version: treated ? '2' : '1',
    arm: treated ? 'treatment' : 'control',
    output: 'demand',
    value: 100,
  };
};

let dir: string;
let doors: DoorServer[];
let stop: AbortController;

const open = async (reply: Reply): Promise<void> => {
  doors = [await DoorServer.start('a', reply), await DoorServer.start('b', reply)];
};
const shop = (extra: object = {}) =>
  drive({
    addresses: doors.map((d) => d.address),
    endpoint: 'shelf-price',
    family: 'pricing',
    pool: products,
    seed: 5,
    ratePerSecond: 200,
    signal: stop.signal,
    log: join(dir, 'client.log'),
    ...extra,
  });
const told = (): string[] => readFileSync(join(dir, 'client.log'), 'utf8').trim().split('\n');
const outcomeIds = (): string[] => doors.flatMap((d) => d.outcomes.map((o) => o.outcomeId));

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'assay-traffic-'));
  stop = new AbortController();
  doors = [];
});
afterEach(() => {
  stop.abort();
  for (const door of doors) door.kill();
  rmSync(dir, { recursive: true, force: true });
});

describe('visitors', () => {
  test('every answered prediction is in the client log and has one outcome; both servers share the traffic', async () => {
    await open(sellAt);
    const driver = shop();
    await until('300 answers', () => driver.report().answered >= 300);
    stop.abort();
    const report = await driver.done;
    expect(report).toMatchObject({
      failed: 0,
      violations: 0,
      outcomesRefused: 0,
      outcomesSent: report.answered,
      outcomesReceipted: report.answered,
    });
    expect(new Set(told()).size).toBe(report.answered);
    expect(outcomeIds().sort()).toEqual(
      told()
        .map((id) => `outcome-${id}`)
        .sort(),
    );
    for (const door of doors) expect(door.requests.length).toBeGreaterThan(report.answered / 3);
  });

  test('a server that dies costs at most the answers it was giving, and the driver goes on', async () => {
    await open(sellAt);
    const driver = shop();
    await until('the first answers', () => driver.report().answered >= 50);
    const { sent, answered } = driver.report();
    doors[0]?.kill();
    await until('answers of the other', () => driver.report().answered >= answered + 100);
    // A call that is cut in its middle may have been answered: a visitor does not ask again
    expect(driver.report().failed).toBeLessThanOrEqual(sent - answered);
    await doors[0]?.revive();
    const asked = doors[0]?.requests.length ?? 0;
    await until('the first is asked again', () => (doors[0]?.requests.length ?? 0) > asked);
  });

  test('a lost receipt: the same outcome ids come again', async () => {
    await open(sellAt);
    for (const door of doors) door.receiptsToLose = 1;
    const driver = shop();
    await until('100 answers', () => driver.report().answered >= 100);
    stop.abort();
    await driver.done;
    expect(new Set(outcomeIds())).toEqual(new Set(told().map((id) => `outcome-${id}`)));
    expect(outcomeIds().length).toBeGreaterThan(told().length);
  });

  test('slow servers lower the rate; no more than 64 requests wait', async () => {
    await open(sellAt);
    for (const door of doors) door.latencyMs = 1_000;
    const driver = shop({ ratePerSecond: 1_000 });
    await until('some answers', () => driver.report().answered >= 100);
    const { sent, answered, failed } = driver.report();
    expect(failed).toBe(0);
    expect(sent - answered).toBeLessThanOrEqual(64);
  });

  test('full servers: counted as failures by status, and nothing is in the log', async () => {
    await open(sellAt);
    for (const door of doors) door.full = true;
    const driver = shop();
    await until('20 refusals', () => driver.report().failed >= 20);
    stop.abort();
    const report = await driver.done;
    expect(report.answered).toBe(0);
    expect(report.failures).toEqual({ RESOURCE_EXHAUSTED: report.failed });
    expect(outcomeIds()).toEqual([]);
  });

  test('an answer that breaks the policy is counted as a customer sees it', async () => {
    await open((r) => ({ ...sellAt(r), value: 900 }));
    const driver = shop();
    await until('an answer', () => driver.report().answered >= 1);
    expect(driver.report().violations).toBe(driver.report().answered);
    expect(driver.report().firstViolation).toContain('900 outside [100, 300]');
  });

  test('the transform changes what is asked, from when it is set', async () => {
    await open(sellAt);
    const driver = shop();
    await until('an answer', () => driver.report().answered >= 10);
    const dearer = (row: PoolRow): PoolRow => ({
      ...row,
      inputs: [fp32('context', 0), fp32('reference_price_cents', 250), fp32('cost_cents', 120)],
    });
    driver.setTransform(dearer);
    await until('a changed request', () =>
      doors.some((d) => d.requests.some((r) => referencePrice(r) === 250)),
    );
  });
});

test('stores: each store once a period, the outcome carries period and demand, the treated periods are known', async () => {
  await open(forecast);
  const driver = shop({
    family: 'forecasting',
    endpoint: 'demand-forecast',
    pool: stores,
    ratePerSecond: 200,
  });
  await until('four days', () => driver.report().answered >= 16);
  stop.abort();
  const report = await driver.done;
  const outcomes = doors.flatMap((d) => d.outcomes);
  const periods = [...new Set(outcomes.map((o) => Number(o.period)))].sort((a, b) => a - b);
  expect(outcomes).toHaveLength(report.answered);
  for (const period of periods) {
    const units = outcomes.filter((o) => Number(o.period) === period).map((o) => o.unitId);
    expect(units.sort(), `period ${period}`).toEqual(['store-00', 'store-01', 'store-02', 'store-03']);
  }
  expect(periods).toEqual(periods.map((_, i) => (periods[0] ?? 0) + i));
  expect(outcomes.every((o) => Number.isFinite(o.labels.demand))).toBe(true);
  expect(driver.treatedBy('2')?.unit).toBe('store-01');
  expect([...(driver.treatedBy('2')?.periods ?? [])].sort((a, b) => a - b)).toEqual(periods);
  expect(driver.treatedBy('1')).toBeUndefined();
});

describe('truth', () => {
  const ask = (extra: object = {}) =>
    truth({
      address: doors[0]?.address ?? '',
      endpoint: 'shelf-price',
      family: 'pricing',
      pool: products,
      seed: 5,
      versions: { control: '1', treatment: '2' },
      metric: 'margin_cents',
      ...extra,
    });

  test('is the mean difference of the expectations over all rows; nothing asked carries a unit', async () => {
    await open(sellAt);
    const differences = products.map((row, i) => {
      const price = 180 + i;
      const at = (p: number) =>
        expectedOutcome('pricing', row, { price_cents: [Math.fround(p)] }).margin_cents ?? 0;
      return at(Math.fround(price) * 1.1) - at(price);
    });
    const found = await ask();
    expect(found.n).toBe(30);
    expect(found.truth).toBeCloseTo(differences.reduce((a, b) => a + b, 0) / 30, 9);
    expect(doors[0]?.requests.every((r) => unitOf(r) === undefined && r.modelVersion !== '')).toBe(true);
  });

  test('a version against itself has no effect', async () => {
    await open(sellAt);
    expect(await ask({ versions: { control: '2', treatment: '2' } })).toMatchObject({ truth: 0, sd: 0 });
  });

  test('a metric that the family does not have is refused', async () => {
    await open(sellAt);
    await expect(ask({ metric: 'clicks' })).rejects.toMatchObject({ code: 'EVALUATION_FAILED' });
  });

  test('a server that is away is named', async () => {
    await open(sellAt);
    doors[0]?.kill();
    await expect(ask()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('shelf-price'),
    });
  });
});
