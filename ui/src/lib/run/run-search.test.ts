import type { TrackedRun } from '@assay/domain/ports/registry-reader';
import { expect, test } from 'vitest';
import {
  chartsHref,
  columnsOf,
  NEWEST_FIRST,
  nextOrder,
  readCharts,
  readSearch,
  searchHref,
  shownColumns,
  sortedBy,
} from './run-search.ts';

const run = (metrics: readonly string[], params: readonly string[]): TrackedRun => ({
  id: 'r',
  name: '',
  experimentId: '0',
  status: 'FINISHED',
  user: '',
  startedAtMs: 1,
  endedAtMs: 2,
  isDeleted: false,
  params: Object.fromEntries(params.map((key) => [key, 'x'])),
  metrics: Object.fromEntries(metrics.map((key) => [key, { value: 1, step: 0, atMs: 0 }])),
  tags: {},
  inputs: [],
});

test('an address and its search are each other’s inverse', () => {
  const search = {
    filter: `params.a = 'x & y'`,
    orderBy: 'metrics.`a b` ASC',
    columns: ['metrics.a b', 'params.c'],
  };
  const href = searchHref('/training/experiments/1', search);
  expect(readSearch(new URL(href, 'http://here').searchParams)).toEqual(search);
  expect(searchHref('/x', { filter: '', orderBy: NEWEST_FIRST, columns: [] })).toBe('/x');
});

test('columns: those of all runs by name; three metrics and two params where nobody chose', () => {
  const runs = [run(['d', 'b'], ['z']), run(['a', 'c'], ['y', 'x'])];
  expect(columnsOf(runs)).toEqual([
    'metrics.a',
    'metrics.b',
    'metrics.c',
    'metrics.d',
    'params.x',
    'params.y',
    'params.z',
  ]);
  expect(shownColumns([], runs)).toEqual(['metrics.a', 'metrics.b', 'metrics.c', 'params.x', 'params.y']);
  expect(shownColumns(['params.z'], runs)).toEqual(['params.z']);
});

test.for([
  { column: 'metrics.val.loss', orderBy: NEWEST_FIRST, sorted: 'none', next: 'metrics.`val.loss` DESC' },
  {
    column: 'metrics.val.loss',
    orderBy: 'metrics.`val.loss` DESC',
    sorted: 'descending',
    next: 'metrics.`val.loss` ASC',
  },
  { column: 'params.depth', orderBy: 'params.`depth` ASC', sorted: 'ascending', next: 'params.`depth` DESC' },
  {
    column: 'attributes.start_time',
    orderBy: NEWEST_FIRST,
    sorted: 'descending',
    next: 'attributes.start_time ASC',
  },
] as const)('$column under "$orderBy"', ({ column, orderBy, sorted, next }) => {
  expect(sortedBy(column, orderBy)).toBe(sorted);
  expect(nextOrder(column, orderBy)).toBe(next);
});

test('charts in the address: chosen ones, none, or nothing said', () => {
  const here = new URL('http://here/training/runs/r?x=1');
  const read = (href: string) => readCharts(new URL(href, here).searchParams);
  expect(readCharts(here.searchParams)).toBeUndefined();
  expect(chartsHref(here, ['a b', 'c'])).toBe('/training/runs/r?x=1&metric=a+b&metric=c');
  expect(read(chartsHref(here, ['a b', 'c']))).toEqual(['a b', 'c']);
  expect(read(chartsHref(here, []))).toEqual([]);
});
