import { describe, expect, test } from 'vitest';
import { halves, readSeries, replay } from './asos.ts';
import { missing, records } from './csv.ts';
import { geolift } from './geolift.ts';
import { readTests, splitChecks, winnersCurse } from './upworthy.ts';

test('a CSV field in quotes may hold commas, line ends and quotes', () => {
  expect(records('a,b\n1,"x, ""y""\nz"\n3,')).toEqual([
    ['a', 'b'],
    ['1', 'x, "y"\nz'],
    ['3', ''],
  ]);
});

describe.skipIf(missing !== null)(`real experiments (skipped where ../shared/data is absent)`, () => {
  test('ASOS: peeking doubles the calls, the sequence does not', () => {
    const series = readSeries();
    const [first, rest] = halves(series);
    expect(first.length + rest.length).toBe(381);
    const { atTheEnd, everPeeking, byMixture, bySequence } = replay(series, 3e6);
    expect([atTheEnd, everPeeking, byMixture]).toEqual([105, 225, 105]);
    expect(bySequence).toBeLessThan(1.1 * atTheEnd);
  });

  test('Upworthy: broken splits are refused, and shrinkage takes the winner’s curse away', () => {
    const tests = readTests();
    const checked = splitChecks(tests);
    expect(checked.tests).toBe(4873);
    expect(checked.failInWindow).toBeCloseTo(0.671, 3);
    expect(checked.failOutside).toBeCloseTo(0.012, 3);
    const { naive, shrunk, fresh, gapError } = winnersCurse(tests, 7);
    expect(naive - fresh).toBeGreaterThan(10 * gapError);
    expect(Math.abs(shrunk - fresh)).toBeLessThan(3 * gapError);
  });

  test('GeoLift: the published effect, units and p', () => {
    const { att, incremental, pPermutation, pMovingBlock } = geolift(7);
    expect(att).toBeCloseTo(155.556, 2);
    expect(incremental).toBeCloseTo(4666.7, 0);
    expect(Math.abs(pPermutation - 0.011)).toBeLessThan(0.005);
    expect(pMovingBlock).toBeCloseTo(0.048, 3);
  });
});
