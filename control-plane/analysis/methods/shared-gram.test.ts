import { prng } from '@assay/domain/prng';
import { expect, test } from 'vitest';
import { placeboTest } from './placebo-test.ts';
import { sharedWeights } from './shared-gram.ts';
import { gaps, outcomeWeights, rms } from './synthetic-control.ts';

/** Factors, noise, and levels far above both. */
function panel(units: number, periods: number, level: number, noise: number): number[][] {
  const random = prng(`${units}/${level}/${noise}`);
  const factor = Array.from({ length: periods }, () => random.normal());
  return Array.from({ length: units }, () => {
    const [own, loading] = [level * (1 + random.next()), random.normal()];
    return factor.map((f) => own + loading * f + noise * random.normal());
  });
}

const cases = [
  { name: 'factors', level: 10, noise: 0.1 },
  { name: 'noise', level: 0, noise: 1 },
  { name: 'levels a million times the noise', level: 1e6, noise: 1 },
];
test.for(cases)('$name: a shared Gram matrix fits as well as one made for the unit', ({ level, noise }) => {
  const units = panel(40, 30, level, noise);
  const weightsOf = sharedWeights(units, 20);
  for (const [i, unit] of units.entries()) {
    const donors = [...units.keys()].filter((j) => j !== i);
    const rows = donors.map((j) => units[j] as number[]);
    const misfit = (weights: readonly number[]): number =>
      rms(gaps(unit, rows, weights).slice(0, 20)) / rms(unit.slice(0, 20));
    expect(misfit(weightsOf(i, donors))).toBeCloseTo(misfit(outcomeWeights(unit, rows, 20)), 12);
  }
});

test('placebos do not depend on the level that all units share', () => {
  const units = panel(20, 30, 5, 1);
  const raised = units.map((row) => row.map((y) => y + 1000));
  const [a, b] = [placeboTest(units, 3, 20), placeboTest(raised, 3, 20)];
  expect(b.p).toBe(a.p);
  for (const [i, ratio] of a.ratios.entries()) expect(b.ratios[i]).toBeCloseTo(ratio, 6);
});
