import { prng } from '@assay/domain/prng';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { priorOf, shrink } from './shrinkage.ts';

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;

describe('shrinkage', () => {
  test('the posterior of a conjugate normal, worked by hand', () => {
    // Prior N(1, 4), observed 5 with variance 12: a quarter of the distance is kept, posterior variance 3
    expect(shrink(5, 12, { mean: 1, variance: 4 })).toMatchObject({
      effect: 2,
      se: Math.sqrt(3),
      kept: 0.25,
    });
  });

  test('effects that differ by no more than their errors all become the common one', () => {
    const prior = priorOf([1, 1.1, 0.9], [1, 1, 1]);
    expect(prior.variance).toBe(0);
    expect(shrink(1.1, 1, prior)).toMatchObject({ effect: 1, kept: 0, se: 0 });
  });

  test('the largest of 20 effects: the raw estimate overstates it, the shrunk one does not, its interval covers', () => {
    const random = prng('winner');
    const [raw, shrunk]: [number[], number[]] = [[], []];
    let covered = 0;
    for (let run = 0; run < 1000; run++) {
      const truth = Array.from({ length: 20 }, () => 0.5 + random.normal());
      const seen = truth.map((x) => x + 1.5 * random.normal());
      const best = seen.indexOf(Math.max(...seen));
      const found = shrink(seen[best] as number, 2.25, { mean: 0.5, variance: 1 });
      raw.push((seen[best] as number) - (truth[best] as number));
      shrunk.push(found.effect - (truth[best] as number));
      if (found.lower <= (truth[best] as number) && (truth[best] as number) <= found.upper) covered += 1;
    }
    expect(mean(raw)).toBeGreaterThan(1.5);
    // 1,000 winners with posterior sd 0.83: four Monte-Carlo errors
    expect(Math.abs(mean(shrunk))).toBeLessThan(0.11);
    expect(covered / 1000).toBeGreaterThan(0.93);
  });

  test('lies between the prior mean and the estimate, and keeps less of what is less certain', () => {
    const finite = fc.double({ min: -100, max: 100, noNaN: true });
    const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(finite, positive, positive, finite, (effect, variance, between, centre) => {
        const prior = { mean: centre, variance: between };
        const { effect: to, kept } = shrink(effect, variance, prior);
        expect(to).toBeGreaterThanOrEqual(Math.min(effect, centre) - 1e-9);
        expect(to).toBeLessThanOrEqual(Math.max(effect, centre) + 1e-9);
        expect(shrink(effect, 2 * variance, prior).kept).toBeLessThan(kept);
      }),
    );
  });
});
