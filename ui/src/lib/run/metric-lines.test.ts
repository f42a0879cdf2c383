import type { MetricPoint, MetricValue } from '@assay/domain/ports/registry-reader';
import { expect, test } from 'vitest';
import {
  metricLines,
  nearestPlace,
  placesOf,
  pointAt,
  type Series,
  strokeOf,
  thinned,
} from './metric-lines.ts';

const box = { width: 100, height: 100, left: 0, right: 0, top: 0, bottom: 0 };
const series = (id: string, points: readonly (readonly [number, MetricValue])[]): Series => ({
  id,
  name: id,
  points: points.map(([step, value]): MetricPoint => ({ step, value, atMs: 1_000 + step * 10 })),
});

test('a line from corner to corner, with a margin above and below', () => {
  const { lines, y } = metricLines(
    [
      series('a', [
        [0, 0],
        [10, 1],
      ]),
    ],
    { axis: 'step', scale: 'linear', box },
  );
  expect(y.domain).toEqual([-0.05, 1.05]);
  expect(lines[0]?.path).toBe('M0.0 95.5L100.0 4.5');
});

test('NaN breaks the line and is counted; a point alone is a dot', () => {
  const { lines, left } = metricLines(
    [
      series('a', [
        [0, 1],
        [1, 'NaN'],
        [2, 2],
        [3, 'Infinity'],
        [4, 3],
        [5, 4],
      ]),
    ],
    { axis: 'step', scale: 'linear', box },
  );
  expect(left).toBe(2);
  expect(lines[0]?.dots).toHaveLength(2);
  expect(lines[0]?.path.match(/[ML]/g)).toEqual(['M', 'L']);
});

test('by decades: equal ratios are equal distances, what is not positive is left out', () => {
  const { lines, left, y } = metricLines(
    [
      series('a', [
        [0, 100],
        [1, 10],
        [2, 1],
        [3, 0],
        [4, -5],
      ]),
    ],
    {
      axis: 'step',
      scale: 'log',
      box,
    },
  );
  expect(left).toBe(2);
  expect(y.domain).toEqual([1, 100]);
  expect(lines[0]?.path).toBe('M0.0 0.0L25.0 50.0L50.0 100.0');
});

test.for([
  { name: 'no point at all', points: [] },
  { name: 'nothing that can be drawn', points: [[0, 'NaN']] },
  {
    name: 'one value all along',
    points: [
      [0, 0],
      [1, 0],
    ],
  },
] as const)('$name: finite scales', ({ points }) => {
  for (const scale of ['linear', 'log'] as const) {
    const { x, y } = metricLines([series('a', points)], { axis: 'step', scale, box });
    for (const n of [x(0), y(1), ...y.domain]) expect(Number.isFinite(n)).toBe(true);
  }
});

test('200,000 points need no more arguments than a call takes', () => {
  const many = series(
    'a',
    Array.from({ length: 200_000 }, (_, i) => [i, i] as const),
  );
  expect(metricLines([many], { axis: 'step', scale: 'linear', box }).x.domain).toEqual([0, 199_999]);
});

test('what is read off at a place is the last point up to it', () => {
  const a = series('a', [
    [0, 1],
    [10, 2],
  ]);
  expect(pointAt(a, 'step', 9)?.value).toBe(1);
  expect(pointAt(a, 'elapsed', 100)?.value).toBe(2);
  expect(pointAt(a, 'step', -1)).toBeUndefined();
  expect(
    placesOf(
      [
        a,
        series('b', [
          [5, 0],
          [10, 0],
        ]),
      ],
      'step',
    ),
  ).toEqual([0, 5, 10]);
  expect(
    nearestPlace(
      [0, 5, 10],
      Object.assign((v: number) => v, { domain: [0, 10] as const }),
      7,
    ),
  ).toBe(1);
});

test('thinned keeps first and last', () => {
  expect(thinned([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4)).toEqual([1, 4, 7, 10]);
  expect(thinned([1, 2], 4)).toEqual([1, 2]);
});

test('no two of 32 series look alike', () => {
  expect(new Set(Array.from({ length: 32 }, (_, i) => JSON.stringify(strokeOf(i)))).size).toBe(32);
});
