// "A worse metric never betters a verdict" is also beside each verdict: rollout-guard, ab-verdict, synthetic-control.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ask, RUNS } from './ask.ts';

/** 64ths, so that a scale by a power of two is exact; without bias, which would make most of them 0. */
const cell = fc.noBias(fc.integer({ min: -3200, max: 3200 })).map((x) => x / 64);

describe('more looks never take evidence back', () => {
  const falls = (p: readonly number[]): boolean => p.every((x, i) => i === 0 || x <= (p[i - 1] as number));
  const counts = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 30, maxLength: 30 });
  const cases: [string, (a: number[], b: number[]) => object][] = [
    ['srm-sequential', (a, b) => ({ looks: a.map((x, i) => [x, b[i]]), weights: [0.5, 0.5] })],
    [
      'msprt',
      (a, b) => ({
        looks: a.map((x, i) => ({ estimate: x - (b[i] ?? 0), variance: 50 / (i + 1) })),
        mixingVariance: 2,
      }),
    ],
    [
      'e-value-poisson',
      (a, b) => ({
        control: { counts: [1, ...a], exposure: 1 },
        treatment: { counts: [1, ...b], exposure: 2 },
      }),
    ],
    [
      'e-value-bernoulli',
      (a, b) => ({
        blocks: a.map((x, i) => [x, b[i]]),
        size: [30, 30],
        prior: [1, 1],
        at: a.map((_, i) => i + 1),
      }),
    ],
  ];
  test.for(cases)('%s: p only falls, and a longer history has the same beginning', ([method, request]) => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const long = ask(method, request(a, b)).p as number[];
        expect(falls(long)).toBe(true);
        const short = ask(method, request(a.slice(0, 12), b.slice(0, 12))).p as number[];
        expect(long.slice(0, short.length)).toEqual(short);
      }),
      RUNS,
    );
  });

  test('bounded-mean-cs: the running intersection of its limits only narrows, and the past stays as it was', () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(shares, fc.constantFrom('betting', 'empirical-bernstein'), (values, kind) => {
        const at = [5, 20, 40, 60];
        const ends = ask('bounded-mean-cs', { values, range: [0, 1], kind, at }) as Record<
          'lower' | 'upper',
          number[]
        >;
        const early = ask('bounded-mean-cs', {
          values: values.slice(0, 20),
          range: [0, 1],
          kind,
          at: [5, 20],
        });
        expect(ends.lower.slice(0, 2)).toEqual(early.lower);
        const best = ends.lower.map((_, i) => Math.max(...ends.lower.slice(0, i + 1)));
        expect(falls(best.map((x) => -x))).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('a worse metric is never judged better', () => {
  const arm = fc.record({
    n: fc.integer({ min: 20, max: 5000 }),
    mean: cell,
    variance: fc.double({ min: 0.1, max: 100, noNaN: true }),
  });
  const worse = fc.double({ min: 0, max: 20, noNaN: true });
  const fall = <A extends { mean: number }>(a: A, by: number): A => ({ ...a, mean: a.mean - by });

  test('non-inferiority: what is worse is not shown to be harmless where what is better is not', () => {
    fc.assert(
      fc.property(arm, arm, worse, (control, treatment, by) => {
        const verdict = (t: object) =>
          ask('non-inferiority', { control, treatment: t, margin: 1, better: 'higher' });
        expect(
          verdict(treatment).nonInferior === false && verdict(fall(treatment, by)).nonInferior === true,
        ).toBe(false);
      }),
      RUNS,
    );
  });

  test('mean-difference, one-sided: p for "better" only rises', () => {
    fc.assert(
      fc.property(arm, arm, worse, (control, treatment, by) => {
        const p = (t: object) =>
          ask('mean-difference', { control, treatment: t, alternative: 'greater' }).p as number;
        expect(p(fall(treatment, by))).toBeGreaterThanOrEqual(p(treatment) - 1e-15);
      }),
      RUNS,
    );
  });

  test('normal-posterior: the probability of being better only falls', () => {
    fc.assert(
      fc.property(arm, arm, worse, (control, treatment, by) => {
        const better = (t: object) =>
          ask('normal-posterior', { control, treatment: t, prior: null }).probabilityBetter as number;
        expect(better(fall(treatment, by))).toBeLessThanOrEqual(better(treatment) + 1e-12);
      }),
      RUNS,
    );
  });
});
