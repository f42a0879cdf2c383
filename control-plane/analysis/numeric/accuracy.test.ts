import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FUNCTIONS, type Grid, solveError, worst } from './accuracy.ts';
import { kolmogorovUpper } from './kolmogorov.ts';

const grid = JSON.parse(
  readFileSync(new URL('../../../test/reference/stats/accuracy-grid.json', import.meta.url), 'utf8'),
) as Grid;
const { kolmogorovUpper: kolmogorov = [], ...exact } = grid.functions;

test('every function of the grid is one of ours, and the other way round', () => {
  expect(Object.keys(grid.functions).sort()).toEqual(Object.keys(FUNCTIONS).sort());
});

test.for(Object.entries(exact))('%s: relative error ≤ 1e-12 over the grid', ([name, rows]) => {
  const found = worst(FUNCTIONS[name] ?? (() => Number.NaN), rows);
  expect(found.error, JSON.stringify(found)).toBeLessThanOrEqual(1e-12);
});

test('Kolmogorov: exact to 140 values; beyond, the approximations that scipy takes, to 1e-6', () => {
  const small = kolmogorov.filter(([n = 0]) => n <= 140);
  expect(small.length).toBeGreaterThan(5);
  const f = (n = 1, x = 0) => kolmogorovUpper(n, x);
  expect(worst(f, small).error).toBeLessThanOrEqual(1e-12);
  expect(worst(f, kolmogorov).error).toBeLessThanOrEqual(1e-6);
});

test.for(grid.systems)('$name of $n: solved to 1e-15 of its condition number', (system) => {
  expect(solveError(system)).toBeLessThanOrEqual(1e-15);
});

test('a wrong digit is seen, and so is no number', () => {
  const [[x = 0, value = 0] = []] = grid.functions.normalUpper ?? [];
  expect(worst(() => value * (1 + 1e-11), [[x, value]]).error).toBeGreaterThan(1e-12);
  expect(worst(() => Number.NaN, [[x, value]]).error).toBe(Infinity);
});
