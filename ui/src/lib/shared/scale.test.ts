import { expect, test } from 'vitest';
import { elapsedTicks, linearScale, niceTicks } from './scale.ts';

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
