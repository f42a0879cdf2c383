import { expect, test } from 'vitest';
import { elapsedTicks, linearScale, logScale, logTicks, niceTicks } from './scale.ts';

test('a linear scale maps ends to ends and may run downwards', () => {
  const y = linearScale([-1, 3], [200, 0]);
  expect([y(-1), y(1), y(3)]).toEqual([200, 100, 0]);
});

test('an empty domain maps to the middle', () => {
  expect(linearScale([2, 2], [0, 10])(2)).toBe(5);
});

test.for([
  { domain: [0, 10], count: 5, want: [0, 2, 4, 6, 8, 10] },
  { domain: [-0.31, 0.29], count: 4, want: [-0.2, 0, 0.2] },
  { domain: [0, 0.3], count: 3, want: [0, 0.1, 0.2, 0.3] },
  { domain: [5, 5], count: 4, want: [5] },
] as const)('ticks of $domain', ({ domain, count, want }) => {
  expect(niceTicks([domain[0], domain[1]], count)).toEqual(want);
});

test('elapsed ticks are round and few', () => {
  expect(elapsedTicks([1_000, 61_000], 4)).toEqual([1_000, 16_000, 31_000, 46_000, 61_000]);
  expect(elapsedTicks([7, 7], 4)).toEqual([7]);
});

test('by decades: equal ratios are equal distances', () => {
  const y = logScale([1, 100], [0, 200]);
  expect([y(1), y(10), y(100)]).toEqual([0, 100, 200]);
});

test.for([
  { domain: [0.01, 100], count: 5, want: [0.01, 0.1, 1, 10, 100] },
  { domain: [1e-6, 1], count: 4, want: [1e-6, 1e-4, 1e-2, 1] },
  { domain: [2, 8], count: 4, want: [2, 4, 6, 8] },
] as const)('decade ticks of $domain', ({ domain, count, want }) => {
  const ticks = logTicks([domain[0], domain[1]], count);
  expect(ticks).toHaveLength(want.length);
  for (const [i, tick] of want.entries()) expect(ticks[i]).toBeCloseTo(tick, 10);
});
