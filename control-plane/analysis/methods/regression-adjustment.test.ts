import { prng } from '@assay/domain/prng';
import { expect, test } from 'vitest';
import { collinear, covariateMoments, mergeMoments } from './covariate-moments.ts';
import { adjustedFromMoments, adjustedFromRows, type CovariateRows } from './regression-adjustment.ts';

function rows(seed: string, n: number, effect: number): CovariateRows {
  const random = prng(seed);
  const x = Array.from({ length: n }, () => [random.normal(), 5 + 2 * random.normal()]);
  return { x, y: x.map(([a = 0, b = 0]) => effect + a - 0.5 * b + random.normal()) };
}
const [control, treatment] = [rows('control', 90, 0), rows('treatment', 70, 0.5)];
const momentsOf = ({ y, x }: CovariateRows) => covariateMoments(y, x);

test('moments of parts merge to those of the whole', () => {
  const part = (from: number, to: number) =>
    covariateMoments(control.y.slice(from, to), control.x.slice(from, to));
  const merged = mergeMoments(mergeMoments(part(0, 20), part(20, 55)), part(55, 90));
  const whole = momentsOf(control);
  expect(merged.meanY).toBeCloseTo(whole.meanY, 13);
  expect(merged.varianceY).toBeCloseTo(whole.varianceY, 12);
  for (const [i, row] of whole.covarianceX.entries())
    for (const [j, value] of row.entries()) expect(merged.covarianceX[i]?.[j]).toBeCloseTo(value, 12);
});

test('units of measure and origins of the covariates change nothing; arms exchanged flip the sign', () => {
  const found = adjustedFromRows(control, treatment);
  const other = ({ y, x }: CovariateRows) => ({
    y,
    x: x.map(([a = 0, b = 0]) => [1000 * a + 7, b / 512 - 3]),
  });
  const scaled = adjustedFromRows(other(control), other(treatment));
  const flipped = adjustedFromRows(treatment, control);
  for (const [name, sign] of [
    ['effect', -1],
    ['se', 1],
    ['df', 1],
  ] as const) {
    expect(scaled[name]).toBeCloseTo(found[name], 9);
    expect(flipped[name]).toBeCloseTo(sign * found[name], 10);
  }
});

test('the gain is what the covariates explain, and none where they explain nothing', () => {
  const { varianceReduction } = adjustedFromMoments(momentsOf(control), momentsOf(treatment));
  // Two of three parts of the outcome's variance
  expect(varianceReduction).toBeGreaterThan(0.5);
  expect(varianceReduction).toBeLessThan(0.8);
  const noise = ({ y, x }: CovariateRows) => ({ y: [...y].sort(), x: [...x].reverse() });
  expect(adjustedFromRows(noise(control), noise(treatment)).varianceReduction).toBeLessThan(0.15);
});

test('a combination of covariates is found, whatever their units', () => {
  const x = control.x.map(([a = 0, b = 0]) => [a, b * 1e6, a - 3 * b]);
  expect(collinear(covariateMoments(control.y, x))).toBe(2);
  expect(collinear(momentsOf(control))).toBeNull();
});
