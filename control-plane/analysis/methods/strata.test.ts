import { prng } from '@assay/domain/prng';
import { describe, expect, test } from 'vitest';
import type { Arm } from '../arm.ts';
import { meanDifference } from './mean-difference.ts';
import { stratifiedDifference, winsorisedArm } from './strata.ts';

describe('stratifiedDifference', () => {
  const arm = (mean: number, n: number, variance = 1): Arm => ({ n, mean, variance });

  test('one stratum is Welch', () => {
    const [control, treatment] = [arm(1, 40, 2), arm(1.5, 60, 3)];
    const { varianceReduction, ...found } = stratifiedDifference([{ control, treatment }]);
    const welch = meanDifference(control, treatment);
    expect(found.effect).toBeCloseTo(welch.effect, 12);
    expect(found.se).toBeCloseTo(welch.se, 12);
    expect(found.df).toBeCloseTo(welch.df, 9);
    expect(varianceReduction).toBeCloseTo(0, 12);
  });

  test('two strata, worked by hand', () => {
    const found = stratifiedDifference([
      { control: arm(0, 100), treatment: arm(1, 100) },
      { control: arm(10, 50), treatment: arm(13, 150) },
    ]);
    // Shares 1/2 and 1/2: effect (1 + 3)/2, variance (1/100 + 1/100)/4 + (1/50 + 1/150)/4
    expect(found.effect).toBeCloseTo(2, 12);
    expect(found.se).toBeCloseTo(Math.sqrt(0.005 + (1 / 50 + 1 / 150) / 4), 12);
  });

  test('a stratum that moves the mean: the interval covers, and is narrower by what the strata explain', () => {
    const random = prng('strata');
    let [covered, gain] = [0, 0];
    for (let run = 0; run < 400; run++) {
      const strata = [0, 2, 4].map((level) => {
        const draw = (n: number, mean: number) =>
          winsorisedArm(
            Array.from({ length: n }, () => mean + random.normal()),
            [-Infinity, Infinity],
          );
        return { control: draw(40, level), treatment: draw(40, level + 0.3) };
      });
      const { lower, upper, varianceReduction } = stratifiedDifference(strata);
      if ((lower ?? 0) <= 0.3 && 0.3 <= (upper ?? 0)) covered += 1;
      gain += varianceReduction / 400;
    }
    // Binomial(400, 0.95): at least 366 with probability 0.999
    expect(covered).toBeGreaterThanOrEqual(366);
    // Levels 0, 2, 4 have variance 8/3 beside 1 within
    expect(gain).toBeGreaterThan(0.68);
    expect(gain).toBeLessThan(0.77);
  });
});

test('winsorising cuts at the declared bounds and nowhere else', () => {
  expect(winsorisedArm([-100, 1, 2, 3, 100], [0, 4])).toEqual({ n: 5, mean: 2, variance: 2.5 });
  expect(winsorisedArm([1, 2, 3], [0, 4])).toEqual({ n: 3, mean: 2, variance: 1 });
});
