import { expect, test } from 'vitest';
import { instantOf, localTime } from './local-time.ts';

test('a local time and its instant are each other’s inverse, to the second', () => {
  const atMs = Date.UTC(2026, 2, 3, 12, 5, 9);
  expect(localTime(atMs)).toMatch(/^2026-03-\d\dT\d\d:05:09$/);
  expect(instantOf(localTime(atMs))).toBe('2026-03-03T12:05:09.000Z');
});

test('what is no time is no instant', () => {
  expect(instantOf('')).toBeUndefined();
  expect(instantOf('soon')).toBeUndefined();
});
