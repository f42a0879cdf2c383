import type { LatestMetric, TrackedRun } from '@assay/domain/ports/registry-reader';
import { expect, test } from 'vitest';
import { chartedFirst, compareRuns, metricsOf } from './compare.ts';

const metric = (value: number | string, step = 0): LatestMetric => ({ value, step, atMs: 0 });
const run = (given: Partial<TrackedRun>): TrackedRun => ({
  id: 'r',
  name: '',
  experimentId: '0',
  status: 'FINISHED',
  user: '',
  startedAtMs: 1,
  endedAtMs: 2,
  isDeleted: false,
  params: {},
  metrics: {},
  tags: {},
  inputs: [],
  ...given,
});

test('params and metrics side by side; what differs or is missing somewhere is marked', () => {
  const { params, metrics } = compareRuns([
    run({ params: { depth: '3', same: 'x' }, metrics: { loss: metric(0.123456), auc: metric('NaN') } }),
    run({ params: { depth: '4', same: 'x' }, metrics: { loss: metric(0.123457), auc: metric('NaN') } }),
  ]);
  expect(params).toEqual([
    { what: 'depth', cells: ['3', '4'], differs: true },
    { what: 'same', cells: ['x', 'x'], differs: false },
  ]);
  // Equal to four digits, different as logged
  expect(metrics).toEqual([
    { what: 'auc', cells: ['NaN', 'NaN'], differs: false },
    { what: 'loss', cells: ['0.1235', '0.1235'], differs: true },
  ]);
  const [only] = compareRuns([run({ params: { a: '1' } }), run({})]).params;
  expect(only).toEqual({ what: 'a', cells: ['1', undefined], differs: true });
});

test('a key that every object inherits is no param', () => {
  const [row] = compareRuns([run({ params: { constructor: 'x' } }), run({})]).params;
  expect(row?.cells).toEqual(['x', undefined]);
});

test('facts that no run has are no rows', () => {
  expect(compareRuns([run({}), run({})]).facts.map((r) => r.what)).toEqual(['status']);
});

test('charts begin with what was logged over steps', () => {
  const runs = [
    run({ metrics: { once: metric(1), loss: metric(1, 9) } }),
    run({ metrics: { auc: metric(1, 2) } }),
  ];
  expect(chartedFirst(runs, 4)).toEqual(['auc', 'loss']);
  expect(chartedFirst(runs, 1)).toEqual(['auc']);
  expect(metricsOf(runs)).toEqual(['auc', 'loss', 'once']);
});
