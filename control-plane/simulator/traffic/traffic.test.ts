import { describe, expect, test } from 'vitest';
import type { PoolRow } from '../pool-row.ts';
import { servedTensors, toRequest } from './codec.ts';
import { Pacer } from './pacer.ts';
import { businessDays, dayOfPeriod, firstPeriod, population, storeUnit } from './population.ts';
import { Tally } from './tally.ts';
import { truthRows } from './truth.ts';
import { luckOf, visits } from './visitors.ts';

const rows = (count: number): PoolRow[] =>
  Array.from({ length: count }, (_, i) => ({ key: String(i), inputs: [], row: {} }));
const storeDays = (days: number, stores: number): PoolRow[] =>
  Array.from({ length: days * stores }, (_, i) => ({
    key: `${Math.floor(i / stores)}/${i % stores}`,
    inputs: [],
    row: { day: Math.floor(i / stores), store: i % stores },
  }));

describe('visits', () => {
  test('the same seed is the same stream; another seed is another', () => {
    const stream = (seed: number) => Array.from({ length: 50 }, visits(seed, 'e', rows(9)));
    expect(stream(1)).toEqual(stream(1));
    expect(stream(1).map((v) => v.row.key)).not.toEqual(stream(2).map((v) => v.row.key));
  });

  test('one in ten was here before; every row is drawn about equally often', () => {
    const stream = Array.from({ length: 20_000 }, visits(3, 'e', rows(10)));
    const units = new Set(stream.map((v) => v.unit)).size;
    // Binomial: 0.1 ± 4 standard deviations of 0.0021
    expect(1 - units / stream.length).toBeGreaterThan(0.0915);
    expect(1 - units / stream.length).toBeLessThan(0.1085);
    const counts = new Map<string, number>();
    for (const { row } of stream) counts.set(row.key, (counts.get(row.key) ?? 0) + 1);
    for (const [key, count] of counts) {
      expect(Math.abs(count - 2_000), `row ${key}`).toBeLessThan(4 * Math.sqrt(20_000 * 0.09));
    }
  });

  test('luck belongs to the visit', () => {
    expect(luckOf(1, 'v', 2).next()).toBe(luckOf(1, 'v', 2).next());
    expect(luckOf(1, 'v', 2).next()).not.toBe(luckOf(1, 'v', 3).next());
  });
});

describe('pacer', () => {
  test('keeps the rate while there is room', () => {
    const pacer = new Pacer(100, 0);
    let sent = 0;
    for (let now = 20; now <= 10_000; now += 20) sent += pacer.due(now, 64);
    expect(sent).toBe(1_000);
  });

  test('without room the rate drops: what was not sent is not owed later', () => {
    const pacer = new Pacer(100, 0);
    for (let now = 20; now <= 5_000; now += 20) expect(pacer.due(now, 0)).toBe(0);
    expect(pacer.due(5_020, 64)).toBeLessThanOrEqual(3);
  });

  test('after a pause of the process at most a quarter second is made up for', () => {
    expect(new Pacer(100, 0).due(60_000, 1_000)).toBe(25);
  });
});

describe('population', () => {
  test('is the same for the traffic and for the truth, and bounded', () => {
    const pool = rows(4_000);
    const drawn = new Set(
      Array.from({ length: 30_000 }, visits(1, 'e', population('ranking', pool, 1))).map((v) => v.row),
    );
    const asked = truthRows({ family: 'ranking', pool, seed: 1 });
    expect(asked).toHaveLength(800);
    expect(new Set(asked)).toEqual(drawn);
  });

  test('business days keep the order of the pool and come again after the last', () => {
    const days = businessDays(storeDays(5, 24));
    expect(days.map((d) => d.length)).toEqual([24, 24, 24, 24, 24]);
    expect(dayOfPeriod(days, 7).map((r) => r.key)).toEqual(days[2]?.map((r) => r.key));
    expect(days[0]?.map(storeUnit).at(-1)).toBe('store-23');
  });

  test('the truth of a panel is over the treated store and its periods alone', () => {
    const pool = storeDays(5, 3);
    const asked = truthRows({
      family: 'forecasting',
      pool,
      seed: 1,
      units: ['store-01'],
      periods: [4, 5, 6],
    });
    expect(asked.map((r) => r.key)).toEqual(['4/1', '0/1', '1/1']);
    expect(truthRows({ family: 'forecasting', pool, seed: 1 })).toHaveLength(15);
  });

  test('periods of a later driver come after those of an earlier one', () => {
    const start = Date.UTC(2026, 10, 24);
    // Ten days a second is the fastest that a driver goes
    expect(firstPeriod(start + 60_000)).toBeGreaterThanOrEqual(firstPeriod(start) + 600);
  });
});

test('codec: tensors survive the wire, unaligned views included; a pinned request carries no unit', () => {
  const inputs = [
    { name: 'f', datatype: 'FP32', shape: [2], data: [1.5, -2] },
    { name: 'id', datatype: 'INT64', shape: [1], data: [7] },
    { name: 'ok', datatype: 'BOOL', shape: [2], data: [1, 0] },
  ] as const;
  const request = toRequest({ endpoint: 'e', requestId: 'r', unit: 'u', inputs });
  const shifted = request.rawInputContents.map((b) => Buffer.concat([Buffer.alloc(1), b]).subarray(1));
  const answer = {
    modelName: 'e',
    modelVersion: '1',
    id: 'r',
    parameters: {},
    outputs: request.inputs,
    rawOutputContents: shifted,
  };
  expect(servedTensors(answer)).toEqual({ f: [1.5, -2], id: [7], ok: [1, 0] });
  expect(request.parameters).toHaveProperty('unit_id');
  expect(toRequest({ endpoint: 'e', requestId: 'r', version: '3', inputs }).parameters).toEqual({});
});

test('tally: rate over the last five seconds, failures by status, the first violation named', () => {
  const tally = new Tally();
  for (let now = 0; now < 20_000; now += 100) tally.answer(now);
  tally.fail({ code: 14 });
  tally.fail(new TypeError('odd'));
  tally.violate('a');
  tally.violate('b');
  expect(tally.report(20_000)).toMatchObject({
    answered: 200,
    answeredPerSecond: 10,
    failed: 2,
    failures: { UNAVAILABLE: 1, UNUSABLE: 1 },
    violations: 2,
    firstViolation: 'a',
  });
});
