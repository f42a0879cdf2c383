import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prng } from './prng.ts';

const reference = JSON.parse(
  readFileSync(new URL('../../test/reference/prng/prng.json', import.meta.url), 'utf8'),
) as { cases: { seed: string; next: number[] }[] };

test.for(reference.cases)('seed "$seed" gives the numbers computed in Python', ({ seed, next }) => {
  const random = prng(seed);
  expect(next.map(() => random.next())).toEqual(next);
});

test('a number seeds like its text', () => {
  expect(prng(42).next()).toBe(prng('42').next());
});

test('normal has mean 0, variance 1, kurtosis 3 within four standard errors', () => {
  const random = prng('moments');
  const n = 100_000;
  let [m1, m2, m4] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const z = random.normal();
    m1 += z / n;
    m2 += (z * z) / n;
    m4 += z ** 4 / n;
  }
  expect(Math.abs(m1)).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(m2 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  expect(Math.abs(m4 - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
});

test('int covers its range evenly', () => {
  const random = prng('int');
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < 50_000; i++) {
    const k = random.int(5);
    counts[k] = (counts[k] ?? 0) + 1;
  }
  const chiSquare = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(18.5); // 99.9 % point of chi-square with 4 degrees of freedom
});
