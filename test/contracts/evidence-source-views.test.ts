import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { outcome, prediction, SealedEvidence } from './evidence-source-writer.ts';

let dir: string;
let sealed: SealedEvidence;
let source: DuckdbEvidenceSource;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'assay-evidence-'));
  sealed = await SealedEvidence.in(dir);
  source = await DuckdbEvidenceSource.open({ evidenceDir: dir });
});

afterEach(async () => {
  await source[Symbol.asyncDispose]();
  sealed.close();
  rmSync(dir, { recursive: true, force: true });
});

const served = (id: string, values: object, fields = {}) =>
  prediction({ decision_id: id, unit_key: `u-${id}`, served: values, ...fields });
const shadowed = (id: string, values: object, fields = {}) =>
  served(id, values, { role: 'shadow', arm: 'shadow', version: '2', ...fields });
const labelled = (id: string, labels: object, fields = {}) =>
  outcome({ outcome_id: `o-${id}`, decision_id: id, labels, ...fields });
const shadowOf = (family: string) =>
  source.shadow({ endpoint: 'e', family, model: 'm', version: '2', sinceMs: 0 });
const TRIP = '[{"rule":"cap","kind":"bid-cap","value":80,"limit":60,"action":"clamp"}]';

describe('shadow', () => {
  test('forecasting: difference to the served answer and bias to what was really asked for', async () => {
    await sealed.seal('predictions', 'e', [
      served('d1', { demand: 100 }),
      served('d2', { demand: 50 }),
      shadowed('d1', { demand: 90 }, { latency_us: 300 }),
      shadowed('d2', { demand: 70 }),
      shadowed('d3', {}, { status: 'INTERNAL', latency_us: 200 }),
      shadowed('d1', { demand: 1 }, { version: '3' }),
    ]);
    await sealed.seal('outcomes', 'e', [labelled('d1', { demand: 120 }), labelled('d2', { demand: 80 })]);
    const answer = await shadowOf('forecasting');
    expect(answer).toMatchObject({
      rows: 3,
      failed: 1,
      tripped: 0,
      meanLatencyUs: 200,
      difference: { demand: 15 },
    });
    // (90 − 120 + 70 − 80) / 200
    expect(answer.checks.relative_bias?.rows).toBe(2);
    expect(answer.checks.relative_bias?.value).toBeCloseTo(-0.2, 12);
  });

  test('vision: what a person reviews counts as right', async () => {
    await sealed.seal('predictions', 'e', [
      shadowed('d1', { label: 3, confidence: 0.9, review: 0 }),
      shadowed('d2', { label: 4, confidence: 0.9, review: 0 }),
      shadowed('d3', { label: 4, confidence: 0.4, review: 1 }, { guardrails: TRIP }),
      shadowed('d4', { label: 4, confidence: 0.9, review: 0 }),
    ]);
    const labels = [3, 5, 5].map((label, i) => labelled(`d${i + 1}`, { label }));
    await sealed.seal('outcomes', 'e', labels);
    const { checks, tripped } = await shadowOf('vision');
    expect(tripped).toBe(1);
    expect(checks.error_rate).toEqual({ value: 1 / 3, rows: 3 });
  });

  test('bidding: share of answers that the policy corrected; without outcomes no other check', async () => {
    const rows = [0, 1, 2, 3].map((i) =>
      shadowed(`d${i}`, { bid_cents: 10 }, { guardrails: i === 0 ? TRIP : '[]' }),
    );
    await sealed.seal('predictions', 'e', rows);
    expect((await shadowOf('bidding')).checks).toEqual({ trip_rate: { value: 0.25, rows: 4 } });
    expect((await shadowOf('vision')).checks).not.toHaveProperty('error_rate');
  });

  test('a shadow that was never asked has no rows', async () => {
    expect(await shadowOf('pricing')).toEqual({
      rows: 0,
      failed: 0,
      tripped: 0,
      meanLatencyUs: 0,
      difference: {},
      checks: {},
    });
  });
});

test('panel: units by periods, missing cells, the treated unit and its first treated period', async () => {
  const day = (unit: string, period: number, cost: number, fields = {}) => {
    const id = `${unit}-${period}`;
    return {
      p: prediction({ decision_id: id, unit_key: unit, ...fields }),
      o: outcome({ outcome_id: id, decision_id: id, metrics: { stock_cost: cost }, period }),
    };
  };
  const treated = { arm: 'treatment', experiment: 'x' };
  const rows = [
    day('s1', 9, 99),
    day('s1', 10, 1),
    day('s1', 11, 2, treated),
    day('s1', 12, 3, treated),
    day('s2', 10, 4),
    day('s2', 12, 5, { arm: 'control', experiment: 'x' }),
    day('s3', 11, 6, { arm: 'pinned' }),
  ];
  await sealed.seal(
    'predictions',
    'e',
    rows.map((r) => r.p),
  );
  await sealed.seal(
    'outcomes',
    'e',
    rows.map((r) => r.o),
  );
  expect(
    await source.panel({ endpoint: 'e', experiment: 'x', metric: 'stock_cost', fromPeriod: 10 }),
  ).toEqual({
    units: ['s1', 's2'],
    periods: [10, 11, 12],
    values: [
      [1, 2, 3],
      [4, Number.NaN, 5],
    ],
    treated: ['s1'],
    firstTreatedPeriod: 11,
  });
  const before = await source.panel({ endpoint: 'e', experiment: 'y', metric: 'stock_cost', fromPeriod: 10 });
  expect(before).toMatchObject({ treated: [], firstTreatedPeriod: null });
});

test('features: the newest rows over the reference bins, the edge itself below', async () => {
  const rows = [
    [100, 100],
    [1, -5],
    [2, 0],
    [2.5, 7],
    [9, 7],
  ].map((features, i) => prediction({ decision_id: `d${i}`, at_ms: 1_000 + i, features }));
  const shadow = prediction({ decision_id: 'd9', role: 'shadow', at_ms: 9_000, features: [0, 0] });
  await sealed.seal('predictions', 'e', [...rows, shadow]);
  const query = { endpoint: 'e', featureNames: ['a', 'b'], edges: { a: [1, 2, 3], b: [0] }, sinceMs: 0 };
  expect(await source.features({ ...query, lastRows: 4 })).toEqual({
    rows: 4,
    counts: { a: [1, 1, 1, 1], b: [2, 2] },
  });
  expect((await source.features({ ...query, lastRows: 100 })).counts.a).toEqual([1, 1, 1, 2]);
  // One bin without edges: how many rows there are
  expect(await source.features({ ...query, edges: { a: [] }, lastRows: 3 })).toEqual({
    rows: 3,
    counts: { a: [3] },
  });
  expect(await source.features({ ...query, sinceMs: 1e6, lastRows: 4 })).toEqual({
    rows: 0,
    counts: { a: [0, 0, 0, 0], b: [0, 0] },
  });
});

describe('labelled rows for retraining', () => {
  const hex = (bytes: ArrayBufferLike): string => Buffer.from(bytes).toString('hex');
  const file = (): string => join(dir, 'out', 'labelled.csv');
  const exported = async (family: string, lastRows = 100) => {
    const count = await source.exportLabelled({ endpoint: 'e', family, sinceMs: 0, lastRows, file: file() });
    const [header = '', ...rows] = readFileSync(file(), 'utf8').trimEnd().split('\n');
    return { count, header: header.split(','), rows: rows.map((r) => r.split(',').map(Number)) };
  };

  test('vision decodes the image from its bytes, oldest first', async () => {
    const image = (shade: number) => Float32Array.from({ length: 64 }, (_, i) => (i === 5 ? shade : i / 4));
    const specs = JSON.stringify([{ name: 'image', datatype: 'FP32', shape: [1, 1, 8, 8] }]);
    const rows = [1.5, 2.5, 3.5].map((shade, i) =>
      served(`d${i}`, {}, { at_ms: 1_000 - i, input_specs: specs, input_bytes: [hex(image(shade).buffer)] }),
    );
    await sealed.seal('predictions', 'e', [...rows, served('unlabelled', {})]);
    await sealed.seal(
      'outcomes',
      'e',
      [0, 1, 2].map((i) => labelled(`d${i}`, { label: i })),
    );
    const { count, header, rows: lines } = await exported('vision');
    expect(count).toBe(3);
    expect(header).toEqual([...Array.from({ length: 64 }, (_, i) => `px${i}`), 'label']);
    expect(lines.map((l) => [l[5], l[63], l[64]])).toEqual([
      [3.5, 15.75, 2],
      [2.5, 15.75, 1],
      [1.5, 15.75, 0],
    ]);
    expect((await exported('vision', 1)).rows.map((l) => l[64])).toEqual([0]);
  });

  test('pricing takes features as logged and labels as told; a row without a label is left out', async () => {
    const features = [1.8, 1.9, 0, 0, 0.5, 0, 1, 230];
    await sealed.seal('predictions', 'e', [served('d1', {}, { features }), served('d2', {}, { features })]);
    await sealed.seal('outcomes', 'e', [
      labelled('d1', { bought: 1, reference_price: 1.8, cost: 1.2, price: 1.8 }),
      labelled('d2', { bought: 1 }),
    ]);
    const { count, header, rows } = await exported('pricing');
    expect(count).toBe(1);
    expect(header.slice(-3)).toEqual(['bought', 'reference_price', 'cost']);
    expect(rows).toEqual([[...features, 1, 1.8, 1.2]]);
  });

  test('ranking: one row a listed item with what happened at its slot', async () => {
    const features = Float32Array.from({ length: 36 }, (_, i) => i);
    const input = [hex(features.buffer), hex(BigInt64Array.from([7n, 8n, 9n]).buffer)];
    const row = served(
      'd1',
      {},
      {
        input_specs: JSON.stringify([
          { name: 'features', datatype: 'FP32', shape: [3, 12] },
          { name: 'item_id', datatype: 'INT64', shape: [3] },
        ]),
        input_bytes: input,
        output_specs: JSON.stringify([{ name: 'item_id', datatype: 'INT64', shape: [2] }]),
        output_bytes: [hex(BigInt64Array.from([9n, 7n]).buffer)],
      },
    );
    await sealed.seal('predictions', 'e', [row]);
    const labels = {
      clicked_0: 1,
      ordered_0: 1,
      margin_cents_0: 250,
      clicked_1: 0,
      ordered_1: 0,
      margin_cents_1: 0,
    };
    await sealed.seal('outcomes', 'e', [labelled('d1', labels)]);
    const { rows } = await exported('ranking');
    expect(rows.map((r) => [r[0], ...r.slice(12)])).toEqual([
      [24, 0, 1, 1, 1, 1, 250],
      [0, 0, 2, 1, 0, 0, 0],
    ]);
  });
});
