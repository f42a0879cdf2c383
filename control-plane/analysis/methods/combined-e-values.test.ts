import { prng } from '@assay/domain/prng';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combinedLogE, eBenjaminiHochberg } from './combined-e-values.ts';

test('by hand: the mean of dependent e-values, the product of independent ones', () => {
  const logE = [Math.log(2), Math.log(8), Math.log(0.5)];
  expect(Math.exp(combinedLogE(logE, 'dependent'))).toBeCloseTo(3.5, 12);
  expect(Math.exp(combinedLogE(logE, 'independent'))).toBeCloseTo(8, 12);
  // Beyond what a double holds
  expect(combinedLogE([2000, 2000], 'dependent')).toBeCloseTo(2000, 9);
});

test('by hand: e-BH rejects the k largest that reach K/(k·alpha)', () => {
  // K = 4, alpha = 0.1: 40, 20, 13.3, 10
  expect(eBenjaminiHochberg([41, 21, 12, 1].map(Math.log), 0.1)).toEqual([true, true, false, false]);
  expect(eBenjaminiHochberg([11, 11, 11, 11].map(Math.log), 0.1)).toEqual([true, true, true, true]);
  expect(eBenjaminiHochberg([39, 1, 1, 1].map(Math.log), 0.1)).toEqual([false, false, false, false]);
});

/** Running e-values N(0, 1) mixture of correlated metrics under the null, 100 looks. */
function paths(seed: string, metrics: number): number[][] {
  const random = prng(seed);
  const sums = new Array<number>(metrics).fill(0);
  return Array.from({ length: 100 }, (_, look) => {
    const shared = random.normal();
    const v = look + 1;
    return sums.map((sum, k) => {
      const next = sum + (shared + random.normal()) / Math.SQRT2;
      sums[k] = next;
      return -0.5 * Math.log(v + 1) + next ** 2 / (2 * (v + 1));
    });
  });
}

test('five correlated metrics looked at 100 times: "something moved" is said in at most 5 % of A/A runs', () => {
  let [combined, naive, discovered] = [0, 0, 0];
  for (let run = 0; run < 400; run++) {
    const looks = paths(`e/${run}`, 5);
    if (looks.some((logE) => combinedLogE(logE, 'dependent') >= Math.log(20))) combined += 1;
    if (looks.some((logE) => logE.some((e) => e >= Math.log(20)))) naive += 1;
    if (looks.some((logE) => eBenjaminiHochberg(logE, 0.05).some(Boolean))) discovered += 1;
  }
  // Binomial(400, 0.05): at most 34 with probability 0.999
  expect(combined).toBeLessThanOrEqual(34);
  expect(discovered).toBeLessThanOrEqual(34);
  expect(naive).toBeGreaterThan(combined);
});

test('more evidence never takes a rejection back, and the order of metrics does not matter', () => {
  const logs = fc.array(fc.double({ min: -5, max: 12, noNaN: true }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(logs, fc.nat(), fc.double({ min: 0, max: 5, noNaN: true }), (logE, pick, more) => {
      const before = eBenjaminiHochberg(logE);
      const i = pick % logE.length;
      const after = eBenjaminiHochberg(logE.map((e, j) => (j === i ? e + more : e)));
      expect(before.every((rejected, j) => !rejected || after[j])).toBe(true);
      expect(eBenjaminiHochberg([...logE].reverse()).reverse()).toEqual(before);
    }),
  );
});
