import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apart, ask, RUNS } from './ask.ts';

/** 64ths, so that a scale by a power of two is exact; without bias, which would make most of them 0. */
const cell = fc.noBias(fc.integer({ min: -3200, max: 3200 })).map((x) => x / 64);
const cells = (n: number) => fc.noBias(fc.array(cell, { minLength: n, maxLength: n }));

const panel = (units: number, periods: number) =>
  fc.array(cells(periods), { minLength: units, maxLength: units });

function near(got: unknown, wanted: unknown, scale: number, name: string): void {
  expect(apart(got, wanted, scale), name).toBeNull();
}

describe('units of measure cancel: another scale scales the effect and leaves tests, shares and weights', () => {
  const SCALE = 8;
  const scaled = (x: unknown): unknown =>
    Array.isArray(x) ? x.map(scaled) : typeof x === 'number' ? SCALE * x : x;
  const rows = (table: readonly number[][]) => {
    const long = table.flatMap((row, unit) => row.map((y, time) => ({ y, unit, time })));
    return { y: long.map((r) => r.y), unit: long.map((r) => r.unit), time: long.map((r) => r.time) };
  };
  const by = (table: readonly number[][], of: (unit: number, time: number) => number) =>
    table.flatMap((row, unit) => row.map((_, time) => of(unit, time)));
  const half = (table: readonly number[][]) => ({ treated: table[0], donors: table.slice(1), prePeriods: 6 });
  const grow = (table: readonly number[][]) => table.map((row) => row.map((x) => x + 60));
  const cases: [string, (table: number[][]) => object, string[], string[]][] = [
    [
      'mean-difference',
      (c) => ({ control: { values: c[0] }, treatment: { values: c[1] } }),
      ['effect', 'se', 'lower', 'upper'],
      ['t', 'p', 'df'],
    ],
    [
      'relative-lift',
      (c) => ({ control: { values: grow(c)[0] }, treatment: { values: grow(c)[1] } }),
      [],
      ['effect', 'se', 'p'],
    ],
    [
      'asymptotic-cs',
      (c) => ({ control: { values: c[0] }, treatment: { values: c[1] } }),
      ['effect', 'lower', 'upper'],
      ['p'],
    ],
    [
      'quantile-difference',
      (c) => ({ control: { values: c[0] }, treatment: { values: c[1] }, q: 0.5 }),
      ['effect', 'se'],
      ['p'],
    ],
    ['quantile-interval', (c) => ({ values: c[0], q: 0.5 }), ['estimate', 'lower', 'upper'], []],
    [
      'permutation-test',
      (c) => ({ control: c[0]?.slice(0, 6), treatment: c[1]?.slice(0, 6) }),
      ['effect'],
      ['p'],
    ],
    ['synthetic-control', half, ['att', 'preRmse', 'effects'], ['weights']],
    ['conformal-test', half, [], ['p']],
    ['placebo-test', (c) => ({ outcomes: c, treated: 0, prePeriods: 6 }), [], ['p']],
    [
      'synthetic-did',
      (c) => ({ outcomes: c, controls: 4, prePeriods: 6 }),
      ['estimate', 'didEstimate'],
      ['unitWeights', 'timeWeights'],
    ],
    [
      'did',
      (c) => ({ ...rows(c), treated: by(c, (unit, time) => Number(unit < 2 && time > 5)) }),
      ['effect', 'se'],
      ['p', 'df'],
    ],
    [
      'event-study',
      (c) => ({ ...rows(c), firstTreated: by(c, (unit) => (unit < 2 ? 6 : 0)) }),
      ['effect', 'se'],
      ['eventTime'],
    ],
    [
      'callaway-santanna',
      (c) => ({
        ...rows(c),
        firstTreated: by(c, (unit) => (unit < 2 ? 6 : 0)),
        controlGroup: 'never-treated',
      }),
      ['effect', 'overall'],
      ['group', 'time'],
    ],
    [
      'geo-did',
      (c) => ({ control: c.slice(0, 3), treatment: c.slice(3), prePeriods: 6 }),
      ['effect', 'se'],
      ['p', 'tP'],
    ],
    ['wasserstein', (c) => ({ reference: c[0], current: c[1] }), ['distance'], []],
    ['ks', (c) => ({ reference: c[0], current: c[1] }), [], ['d', 'p']],
    [
      'conformal-interval',
      (c) => ({
        calibration: {
          actual: [...(c[0] ?? []), ...(c[1] ?? [])],
          predicted: [...(c[2] ?? []), ...(c[3] ?? [])],
        },
        level: 0.8,
      }),
      ['radius'],
      [],
    ],
    [
      'forecast-quality',
      (c) => ({ actual: grow(c)[0], forecast: grow(c)[1], history: grow(c)[2], level: 0.9 }),
      ['mae', 'rmse'],
      ['wape', 'mase', 'rmsse'],
    ],
  ];
  const DATA = [
    'values',
    'y',
    'outcomes',
    'donors',
    'reference',
    'current',
    'actual',
    'predicted',
    'forecast',
    'history',
  ];
  /** Data fields only: levels, times and labels have units of their own. */
  function inScale(request: unknown, method: string, name = ''): unknown {
    if (Array.isArray(request)) {
      const data =
        DATA.includes(name) ||
        name === 'control' ||
        name === 'treatment' ||
        (name === 'treated' && method !== 'did');
      return data ? scaled(request) : request;
    }
    if (typeof request !== 'object' || request === null) return request;
    return Object.fromEntries(Object.entries(request).map(([key, x]) => [key, inScale(x, method, key)]));
  }
  const flat = (x: unknown): unknown[] => (Array.isArray(x) ? x : [x]);

  test.for(cases)('%s', ([method, request, scales, stays]) => {
    fc.assert(
      fc.property(panel(6, 12), (table) => {
        const one = ask(method, request(table));
        const two = ask(method, inScale(request(table), method) as object);
        for (const name of scales)
          for (const [i, x] of flat(two[name]).entries())
            near(x, scaled(flat(one[name])[i]), 1000, `${method} ${name}`);
        for (const name of stays)
          for (const [i, x] of flat(two[name]).entries())
            near(x, flat(one[name])[i], 10, `${method} ${name}`);
      }),
      RUNS,
    );
  });
});
