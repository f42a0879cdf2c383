import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAMILIES } from '@assay/domain/families/all';
import { afterAll, expect, test } from 'vitest';
import { batchRule } from './batches.ts';
import { ModelHosting } from './hosting.ts';
import type { LoadedModel } from './model.ts';
import { readModel } from './model-file.ts';
import { openSession, type Session } from './session.ts';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const hosting = new ModelHosting();
afterAll(() => hosting.close());
const load = async (path: string, family: 'pricing' | 'ranking'): Promise<LoadedModel> =>
  hosting.open(await readModel(file(path), undefined), FAMILIES[family]);
const CHAMPION = 'loadtests/serving/models/champion.onnx';

/** `rows` rows of eight numbers of their own. */
const input = (
  rows: number,
  seed: number,
  width = 8,
): { data: Float32Array<ArrayBuffer>; shape: number[] } => ({
  data: Float32Array.from({ length: rows * width }, (_, i) => Math.sin(seed * 31 + i * 1.7)),
  shape: [rows, width],
});

const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 } as const;

test('requests of one turn answer bit by bit what each answers alone', async () => {
  const model = await load(CHAMPION, 'pricing');
  expect(model.batches.mostRows).toBeGreaterThanOrEqual(32);
  expect(model.batches.leastRows).toBeGreaterThan(0);
  const alone = openSession(readFileSync(file(CHAMPION)), OPTIONS);
  // Small ones below the rule's least, and together more than one run may have
  const inputs = Array.from({ length: 60 }, (_, i) => input([9, 1, 72, 18, 3][i % 5] as number, i));
  const answers = await Promise.all(inputs.map((i) => model.run(i)));
  for (const [i, values] of answers.entries()) {
    const { data, shape } = inputs[i] as (typeof inputs)[number];
    expect([...values]).toEqual([...alone.run(data, shape)]);
  }
  await model.release();
});

test('a model whose rows depend on each other never shares a run', async () => {
  const path = 'test/reference/models/pricing-of-batch.onnx';
  const model = await load(path, 'pricing');
  expect(model.batches.leastRows).toBe(0);
  const alone = openSession(readFileSync(file(path)), OPTIONS);
  const inputs = [input(9, 1), input(9, 2), input(18, 3)];
  const answers = await Promise.all(inputs.map((i) => model.run(i)));
  expect(answers.map((a) => [...a])).toEqual(inputs.map((i) => [...alone.run(i.data, i.shape)]));
  await model.release();
});

test('a request that the model fails for fails alone', async () => {
  const model = await load('test/reference/models/ranking-fails.onnx', 'ranking');
  const zeros = { data: new Float32Array(24), shape: [2, 12] };
  const bad = { data: new Float32Array(24).fill(5), shape: [2, 12] };
  const found = await Promise.allSettled([model.run(zeros), model.run(bad), model.run(zeros)]);
  expect(found.map((f) => f.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await model.release();
});

test('how many rows share a run is told by the processor, not by the clock of a machine that is busy with others', async () => {
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  const session: Session = {
    ...{ inputs: [], outputs: [], release: () => undefined },
    run(data, [rows = 0]) {
      Atomics.wait(asleep, 0, 0, 2);
      return data.slice(0, rows);
    },
  };
  expect(await batchRule(session, [1])).toMatchObject({ leastRows: 1, mostRows: 512 });
});
