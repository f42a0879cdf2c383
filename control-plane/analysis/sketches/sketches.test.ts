import { prng } from '@assay/domain/prng';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ks, ksWeighted } from '../methods/ks.ts';
import { wasserstein } from '../methods/wasserstein.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { Kll } from './kll.ts';
import { MisraGries } from './misra-gries.ts';

const N = 20_000;
const LAWS = {
  uniform: (_: number, u: number) => u,
  ascending: (i: number) => i,
  descending: (i: number) => -i,
  'heavy-tailed': (_: number, u: number) => (1 - u) ** -2,
  'few values': (_: number, u: number) => Math.floor(8 * u * u),
};
const sample = (law: (i: number, u: number) => number, seed: string, n = N): number[] => {
  const random = prng(seed);
  return Array.from({ length: n }, (_, i) => law(i, random.next()));
};

/** Share of ranks at nine tenths that are off by more than the sketch says. */
function misses(values: readonly number[], sketch: Kll): number {
  const sorted = [...values].sort((a, b) => a - b);
  return [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((tenth) => {
    const x = sorted[Math.floor((values.length * tenth) / 10)] ?? 0;
    const exact = sorted.filter((v) => v <= x).length / values.length;
    return Math.abs(sketch.rank(x) - exact) > sketch.rankError;
  }).length;
}

describe('Kll: quantiles', () => {
  const merged = (values: readonly number[], parts: number): Kll =>
    Array.from({ length: parts }, (_, p) => Kll.of(values.filter((_, i) => i % parts === p))).reduce((a, b) =>
      a.merge(b),
    );

  test.for(Object.entries(LAWS))(
    '%s: ranks within the stated error, streamed and merged of 20',
    ([name, law]) => {
      let missed = 0;
      for (let run = 0; run < 10; run++) {
        const values = sample(law, `kll/${name}/${run}`, N + 137 * run);
        missed += misses(values, Kll.of(values)) + misses(values, merged(values, 20));
      }
      // 180 ranks, each beyond it with at most 1 %: more than 7 with probability 0.0003
      expect(missed).toBeLessThanOrEqual(7);
    },
  );

  test('weights add to the count, memory stays small, the ends are exact', () => {
    const sketch = Kll.of(sample(LAWS.uniform, 'size', 100_000));
    const { values, weights } = sketch.weighted();
    expect(weights.reduce((a, b) => a + b)).toBe(100_000);
    expect(values.length).toBeLessThan(3 * 200 + 100);
    expect(Kll.of([3, 1, 2]).quantile(0.5)).toBe(2);
    expect([Kll.of([3, 1, 2]).quantile(0), Kll.of([3, 1, 2]).quantile(1)]).toEqual([1, 3]);
    expect(new Kll().quantile(0.5)).toBeNaN();
  });

  test('few values are kept whole: no error', () => {
    const sketch = Kll.of([1, 2, 3, 4, 5, 6]);
    expect(sketch.rankError).toBe(0);
    expect(sketch.rank(3)).toBe(0.5);
  });

  test('merging is commutative to the bit, the same values give the same bits, and a stored sketch goes on', () => {
    const [a, b] = [Kll.of(sample(LAWS.uniform, 'a')), Kll.of(sample(LAWS['heavy-tailed'], 'b', 777))];
    expect(a.merge(b).state()).toEqual(b.merge(a).state());
    expect(Kll.of(sample(LAWS.uniform, 'a')).state()).toEqual(a.state());
    const back = Kll.from(JSON.parse(JSON.stringify(a.state())));
    for (const x of sample(LAWS.uniform, 'c', 500)) {
      a.add(x);
      back.add(x);
    }
    expect(back.state()).toEqual(a.state());
    const empty = Kll.from(JSON.parse(JSON.stringify(new Kll().state())));
    empty.add(-3);
    expect([empty.quantile(0), empty.quantile(1)]).toEqual([-3, -3]);
  });

  test('what is not finite, another k and a k out of range are refused', () => {
    expect(() => new Kll().add(Number.NaN)).toThrow(RangeError);
    expect(() => new Kll(200).merge(new Kll(100))).toThrow(/k = 200 and k = 100/);
    expect(() => new Kll(7)).toThrow(RangeError);
  });
});

describe('drift on sketches', () => {
  test('Kolmogorov-Smirnov and Wasserstein of sketches are near those of the rows', () => {
    const [a, b] = [sample(LAWS.uniform, 'x'), sample((_, u) => u ** 1.1, 'y')];
    const [s, t] = [Kll.of(a), Kll.of(b)];
    const error = s.rankError + t.rankError;
    const found = ksWeighted(s.weighted(), t.weighted(), error);
    const rows = ks(a, b, 'asymptotic');
    expect(Math.abs(found.d - rows.d)).toBeLessThanOrEqual(error);
    expect(found.p).toBeGreaterThanOrEqual(rows.p);
    const [u, v] = [s.weighted(), t.weighted()];
    const distance = wasserstein(u.values, v.values, { reference: u.weights, current: v.weights }).distance;
    expect(Math.abs(distance - wasserstein(a, b).distance)).toBeLessThanOrEqual(error);
  });

  test('no drift: the sketches’ error finds none; a great shift is found', () => {
    let found = 0;
    for (let run = 0; run < 40; run++) {
      const [s, t] = [0, 1].map((i) => Kll.of(sample(LAWS.uniform, `null/${run}/${i}`, 4000))) as [Kll, Kll];
      if (ksWeighted(s.weighted(), t.weighted(), s.rankError + t.rankError).p < 0.05) found += 1;
    }
    // Binomial(40, 0.05): more than 6 with probability 0.003
    expect(found).toBeLessThanOrEqual(6);
    const [s, t] = [Kll.of(sample(LAWS.uniform, 's')), Kll.of(sample((_, u) => u + 0.1, 't'))];
    expect(ksWeighted(s.weighted(), t.weighted(), s.rankError + t.rankError).p).toBeLessThan(1e-9);
  });
});

describe('HyperLogLog: distinct values', () => {
  const units = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => `unit-${from + i}`);

  test('none is none; the error over many sets is the stated one', () => {
    expect(new HyperLogLog().estimate()).toBe(0);
    let squares = 0;
    for (let run = 0; run < 30; run++) {
      const n = 1000 + run * 17;
      squares += (HyperLogLog.of(units(run * 2000, run * 2000 + n), 8).estimate() / n - 1) ** 2;
    }
    // Mean of 30 squares of the standard error 0.065: within a factor 1.5 of it
    const error = Math.sqrt(squares / 30);
    expect(error).toBeGreaterThan(0.065 / 1.5);
    expect(error).toBeLessThan(0.065 * 1.5);
  });

  test('merged in any order, and with what both saw, the same bits as seen by one', () => {
    const parts = [units(0, 900), units(500, 1500), units(1200, 3000)].map((each) => HyperLogLog.of(each));
    const [a, b, c] = parts as [HyperLogLog, HyperLogLog, HyperLogLog];
    const whole = HyperLogLog.of(units(0, 3000));
    expect(a.merge(b).merge(c).registers).toEqual(whole.registers);
    expect(c.merge(a.merge(b)).merge(a).registers).toEqual(whole.registers);
    expect(Math.abs(whole.estimate() / 3000 - 1)).toBeLessThan(3 * whole.standardError);
  });

  test('another p is refused', () => {
    expect(() => new HyperLogLog(12).merge(new HyperLogLog(11))).toThrow(/p = 12 and 11/);
    expect(() => new HyperLogLog(3)).toThrow(RangeError);
  });
});

describe('MisraGries: frequent values', () => {
  const values = fc.array(fc.constantFrom(...'aaaaabbbcdefghijkl'.split('')), {
    minLength: 1,
    maxLength: 200,
  });
  const within = (sketch: MisraGries, seen: readonly string[]): void => {
    const counts = new Map(sketch.top().map(({ value, count }) => [value, count]));
    expect(counts.size).toBeLessThanOrEqual(sketch.k);
    expect(sketch.error).toBeLessThanOrEqual(seen.length / (sketch.k + 1));
    for (const value of new Set(seen)) {
      const exact = seen.filter((each) => each === value).length;
      const found = counts.get(value) ?? 0;
      expect(found).toBeLessThanOrEqual(exact);
      expect(found).toBeGreaterThanOrEqual(exact - sketch.error);
    }
  };

  test('counts are too low by at most the error, streamed and merged; merging is commutative', () => {
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 8 }), (left, right, k) => {
        const [a, b] = [MisraGries.of(left, k), MisraGries.of(right, k)];
        within(a, left);
        within(a.merge(b), [...left, ...right]);
        expect(a.merge(b).top()).toEqual(b.merge(a).top());
        expect(a.merge(b).total).toBe(left.length + right.length);
      }),
    );
  });

  test('another k, and none, are refused', () => {
    expect(() => new MisraGries(3).merge(new MisraGries(4))).toThrow(RangeError);
    expect(() => new MisraGries(0)).toThrow(RangeError);
  });
});
