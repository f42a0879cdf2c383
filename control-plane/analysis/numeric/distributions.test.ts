import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { betaQuantile, betaTails } from './beta.ts';
import { chiSquareUpper, logBeta, logGamma } from './gamma.ts';
import { logNormalUpper, normalUpper, normalUpperQuantile } from './normal.ts';
import { integrate } from './quadrature.ts';
import { findRoot } from './root.ts';
import { tUpper, tUpperQuantile } from './student.ts';
import { covariance, logSumExp, mean, sum, variance } from './sum.ts';

interface Row {
  args: number[];
  value: number;
}
// Computed at 60 digits by test/reference/stats/make-distributions.py.
const reference = JSON.parse(
  readFileSync(new URL('../../../test/reference/stats/distributions.json', import.meta.url), 'utf8'),
) as Record<string, Row[]> & { probabilities: number[] };

const functions: Record<string, (...args: number[]) => number> = {
  normalUpper: (x = 0) => normalUpper(x),
  logNormalUpper: (x = 0) => logNormalUpper(x),
  tUpper: (t = 0, df = 1) => tUpper(t, df),
  chiSquareUpper: (x = 0, df = 1) => chiSquareUpper(x, df),
  betaLower: (a = 1, b = 1, x = 0) => betaTails(a, b, x).lower,
  betaUpper: (a = 1, b = 1, x = 0) => betaTails(a, b, x).upper,
  logGamma: (x = 1) => logGamma(x),
  logBeta: (a = 1, b = 1) => logBeta(a, b),
};

describe.for(Object.entries(functions))('%s', ([name, f]) => {
  test.for(reference[name] ?? [])('$args: relative error ≤ 1e-12', ({ args, value }) => {
    expect(Math.abs(f(...args) / value - 1)).toBeLessThanOrEqual(1e-12);
  });
});

test.for(Object.entries(functions))('%s of what is no number ends, and is none', ([, f]) => {
  expect(f(Number.NaN, Number.NaN, Number.NaN)).toBeNaN();
});

const roundTrip = (p: number, back: number): void =>
  expect(Math.abs(back / p - 1)).toBeLessThanOrEqual(1e-12);

describe('quantiles invert their tails', () => {
  test.for(reference.probabilities)('p = %s', (p) => {
    // The normal's quantile is good to 1e-16 of x; far out that is x² times more of p.
    expect(Math.abs(normalUpper(normalUpperQuantile(p)) / p - 1)).toBeLessThanOrEqual(
      1e-15 * (4 + 2 * Math.log(1 / p)),
    );
    for (const df of [1, 4.5, 30, 2500]) roundTrip(p, tUpper(tUpperQuantile(p, df), df));
    for (const [a, b] of [
      [0.5, 0.5],
      [3, 90],
      [700, 300],
    ] as const)
      if (p > 1e-30) roundTrip(p, betaTails(a, b, betaQuantile(p, a, b)).lower);
  });
});

test('tails far out do not vanish', () => {
  expect(tUpper(36, 1e6)).toBeGreaterThan(0);
  expect(normalUpper(38)).toBeGreaterThan(0);
});

test('sums are compensated and in order', () => {
  expect(sum([1e16, 1, -1e16])).toBe(1);
  expect(mean([1, 2, 4])).toBeCloseTo(7 / 3, 15);
  expect(variance([1e9 + 1, 1e9 + 2, 1e9 + 3])).toBe(1);
  expect(covariance([1, 2, 3], [2, 4, 6])).toBe(2);
  expect(logSumExp([-1000, -1000])).toBeCloseTo(-1000 + Math.LN2, 12);
});

test('roots and integrals', () => {
  expect(findRoot((x) => x * x - 2, 0, 2)).toBeCloseTo(Math.SQRT2, 15);
  expect(integrate(Math.exp, 0, 1, 1)).toBeCloseTo(Math.E - 1, 14);
});
