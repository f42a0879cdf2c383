// Merged statistics, bit for bit, are beside the exact moments.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apart, ask, RUNS } from './ask.ts';

/** 64ths, so that a scale by a power of two is exact; without bias, which would make most of them 0. */
const cell = fc.noBias(fc.integer({ min: -3200, max: 3200 })).map((x) => x / 64);
const cells = (n: number) => fc.noBias(fc.array(cell, { minLength: n, maxLength: n }));

function near(got: unknown, wanted: unknown, scale: number, name: string): void {
  expect(apart(got, wanted, scale), name).toBeNull();
}

const negated = (x: unknown): unknown => (typeof x === 'number' ? -x : x);

describe('swapping the arms turns the effect and its interval around and leaves p', () => {
  const arms = fc.record({ a: cells(20), b: cells(25) });
  const asValues = (a: number[], b: number[]) => ({ control: { values: a }, treatment: { values: b } });
  const asSplits = (a: number[], b: number[]) => ({ control: a.slice(0, 7), treatment: b.slice(0, 7) });
  const asOutcomes = (a: number[], b: number[]) => {
    const side = (x: number[]) => ({ y: x, x: x.map((v, i) => v / 2 + ((7 * i) % 5)) });
    return { control: side(a), treatment: side(b) };
  };
  const asRatios = (a: number[], b: number[]) => {
    const side = (x: number[]) => ({ numerator: x, denominator: x.map((_, i) => 1 + (i % 4)) });
    return { control: side(a), treatment: side(b) };
  };
  const asTrials = (interval: string) => (a: number[], b: number[]) => {
    const count = (x: number[]) => ({ successes: 1 + x.filter((v) => v > 0).length, n: x.length + 2 });
    return { control: count(a), treatment: count(b), interval };
  };
  const asClusters = (a: number[], b: number[]) => ({
    y: [...a, ...b],
    treated: [...a.map(() => 0), ...b.map(() => 1)],
    cluster: [...a.map((_, i) => i % 5), ...b.map((_, i) => 5 + (i % 5))],
  });
  const asPairs = (a: number[], b: number[]) => {
    const rows = (x: number[]) => [0, 4, 8, 12].map((from) => x.slice(from, from + 4));
    return { control: rows(a), treatment: rows(b), prePeriods: 2 };
  };
  const cases: [string, (a: number[], b: number[]) => object][] = [
    ['mean-difference', asValues],
    ['asymptotic-cs', asValues],
    ['ratio-metric', asRatios],
    ['cuped', asOutcomes],
    ['proportion-difference', asTrials('wald')],
    ['proportion-difference', asTrials('newcombe')],
    ['proportion-difference', asTrials('agresti-caffo')],
    ['quantile-difference', (a, b) => ({ ...asValues(a, b), q: 0.5 })],
    ['cluster-mean-difference', asClusters],
    ['permutation-test', asSplits],
    ['geo-did', asPairs],
    ['normal-posterior', (a, b) => ({ ...asValues(a, b), prior: null })],
  ];
  test.for(cases)('%s', ([method, request]) => {
    fc.assert(
      fc.property(arms, ({ a, b }) => {
        const one = ask(method, request(a, b));
        const two = ask(method, request(b, a));
        for (const name of ['effect', 'mean', 't', 'z']) near(two[name], negated(one[name]), 100, name);
        near(two.lower, negated(one.upper), 100, 'lower');
        near(two.upper, negated(one.lower), 100, 'upper');
        for (const name of ['se', 'sd', 'p']) near(two[name], one[name], 1, name);
      }),
      RUNS,
    );
  });
});

describe('the order of rows does not matter', () => {
  const turned = <T>(x: readonly T[]): T[] => [
    ...x.filter((_, i) => i % 2 === 1),
    ...x.filter((_, i) => i % 2 === 0),
  ];
  const cases: [
    string,
    (a: number[], b: number[], order: <T>(x: readonly T[]) => T[]) => object,
    string[],
  ][] = [
    [
      'mean-difference',
      (a, b, o) => ({ control: { values: o(a) }, treatment: { values: o(b) } }),
      ['effect', 'se', 'p'],
    ],
    [
      'cuped',
      (a, b, o) => ({
        control: { y: o(a), x: o(b.slice(0, 20)) },
        treatment: { y: o(b), x: o([...a, 1, 2, 3, 4, 5]) },
      }),
      ['theta', 'effect', 'se'],
    ],
    [
      'quantile-difference',
      (a, b, o) => ({ control: { values: o(a) }, treatment: { values: o(b) }, q: 0.5 }),
      ['effect', 'se'],
    ],
    ['quantile-cs', (a, b, o) => ({ values: o([...a, ...b]), q: 0.5 }), ['estimate', 'lower', 'upper']],
    ['ks', (a, b, o) => ({ reference: o(a), current: o(b) }), ['d', 'p']],
    ['wasserstein', (a, b, o) => ({ reference: o(a), current: o(b) }), ['distance']],
    [
      'mmd',
      (a, b, o) => ({ reference: o(a.map((x) => [x])), current: o(b.map((x) => [x])), bandwidth: 5 }),
      ['mmdSquared'],
    ],
    [
      'permutation-test',
      (a, b, o) => ({ control: o(a.slice(0, 6)), treatment: o(b.slice(0, 6)) }),
      ['effect', 'p'],
    ],
    [
      'cluster-mean-difference',
      (a, b, o) => ({
        y: o([...a, ...b]),
        treated: o([...a, ...b].map((_, i) => Number(i % 8 > 3))),
        cluster: o([...a, ...b].map((_, i) => i % 8)),
      }),
      ['effect', 'se', 'p'],
    ],
    [
      'meta-analysis',
      (a, _, o) => ({ effect: o(a), variance: o(a.map((x) => 1 + Math.abs(x))) }),
      ['fixedEffect', 'tau2', 'q'],
    ],
    ['multiplicity', (a, _, o) => ({ p: o(a.map((x) => Math.abs(x) / 50)), procedure: 'holm' }), []],
    [
      'conformal-interval',
      (a, b, o) => ({ calibration: { actual: o(a), predicted: o(b.slice(0, 20)) }, level: 0.8 }),
      ['radius'],
    ],
    [
      'calibration',
      (a, _, o) => ({
        probability: o(a.map((x) => Math.abs(x) / 50)),
        label: o(a.map((x) => Number(x > 0))),
      }),
      ['ece', 'brier', 'logLoss'],
    ],
  ];
  test.for(cases)('%s', ([method, request, names]) => {
    fc.assert(
      fc.property(cells(20), cells(25), (a, b) => {
        const one = ask(
          method,
          request(a, b, (x) => [...x]),
        );
        const two = ask(method, request(a, b, turned));
        for (const name of names) near(two[name], one[name], 10, name);
        if (method === 'multiplicity') expect(turned(one.adjusted as number[])).toEqual(two.adjusted);
      }),
      RUNS,
    );
  });
});
