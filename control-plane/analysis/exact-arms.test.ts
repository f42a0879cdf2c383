import { type ArmMoments, add, type ExactMoments, NO_MOMENTS, subtract } from '@assay/domain/exact-moments';
import { checkMetricSet, type MetricSet } from '@assay/domain/metric-set';
import { prng } from '@assay/domain/prng';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactVariance, quotient } from './exact-arms.ts';
import { covariateArm, cuped } from './methods/cuped.ts';
import { ratioArm, ratioMetric } from './methods/ratio-metric.ts';
import { metricVerdicts } from './metric-verdicts.ts';

const set: MetricSet = {
  arms: [
    { name: 'control', weight: 0.5 },
    { name: 'treatment', weight: 0.5 },
  ],
  columns: [
    { name: 'y', decimals: 2 },
    { name: 'x', decimals: 0 },
  ],
  metrics: [
    { name: 'adjusted', better: 'higher', smallestEffect: 0.1, value: 'y', covariate: 'x' },
    { name: 'ratio', better: 'higher', smallestEffect: 0.1, value: 'x', denominator: 'y' },
  ],
  alpha: 0.05,
  minUnits: 2,
  tuning: 1000,
};

/** One unit's values in hundredths and ones, as the moments of an arm of one. */
const unit = (y: number, x: number): ExactMoments => {
  const [a, b] = [BigInt(y), BigInt(x)];
  return { units: 1n, sums: [a, b], squares: [a * a, b * b], products: [a * b, a * b] };
};
const of = (arm: string, rows: readonly (readonly [number, number])[]): ArmMoments =>
  rows.map(([y, x]) => ({ arms: { [arm]: unit(y, x) }, crossed: 0n })).reduce(add, NO_MOMENTS);

test('a quotient of whole numbers is the nearest double', () => {
  const big = fc.bigInt({ min: 1n, max: 2n ** 120n });
  fc.assert(
    fc.property(big, big, (a, b) => {
      const found = quotient(a, b);
      const error = (x: number): bigint => {
        const scaled = BigInt(Math.round(x * 2 ** -Math.floor(Math.log2(x)) * 2 ** 53));
        const shift = BigInt(Math.floor(Math.log2(x)) - 53);
        const [n, d] = shift >= 0n ? [scaled << shift, 1n] : [scaled, 1n << -shift];
        const off = n * b - a * d;
        return ((off < 0n ? -off : off) << 400n) / d;
      };
      expect(quotient(-a, b)).toBe(-found);
      for (const other of [found * (1 + 2 ** -52), found * (1 - 2 ** -52)])
        expect(error(found) <= error(other)).toBe(true);
    }),
  );
  expect([quotient(0n, 7n), quotient(1n, 3n), quotient(-(2n ** 200n), 2n ** 199n)]).toEqual([0, 1 / 3, -2]);
});

test('the variance of large numbers that hardly differ keeps all its digits', () => {
  const rows = [0, 1, 2].map((i) => [1e12 + i, 0] as const);
  const { control } = of('control', rows).arms;
  expect(exactVariance(control as ExactMoments, { index: 0, scale: 1n })).toBe(1);
});

test('moments merge in any order to the same bits, and what is taken out is gone', () => {
  const row = fc.tuple(fc.integer(), fc.integer());
  const rows = fc.array(fc.tuple(fc.constantFrom('control', 'treatment'), row), { maxLength: 20 });
  fc.assert(
    fc.property(rows, fc.integer(), (given, seed) => {
      const each = given.map(([arm, values]) => of(arm, [values]));
      const random = prng(seed);
      const shuffled = each
        .map((m) => ({ m, at: random.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ m }) => m);
      const total = each.reduce(add, NO_MOMENTS);
      expect(shuffled.reduce(add, NO_MOMENTS)).toEqual(total);
      const half = each.slice(0, each.length >> 1).reduce(add, NO_MOMENTS);
      const rest = each.slice(each.length >> 1).reduce(add, NO_MOMENTS);
      expect(subtract(total, half)).toEqual(rest);
    }),
  );
});

describe('verdicts', () => {
  const random = prng('verdicts');
  const drawn = (lift: number) =>
    Array.from({ length: 400 }, () => {
      const x = 1 + random.int(50);
      return [100 * x + random.int(900) + lift, x] as const;
    });
  const [control, treatment] = [drawn(0), drawn(120)];
  const moments = add(of('control', control), of('treatment', treatment));

  test('say what the methods say of the rows', () => {
    const [adjusted, ratio] = metricVerdicts(set, moments, 'final');
    const y = (rows: readonly (readonly [number, number])[]) => rows.map((r) => r[0] / 100);
    const x = (rows: readonly (readonly [number, number])[]) => rows.map((r) => r[1]);
    const fromRows = cuped(covariateArm(y(control), x(control)), covariateArm(y(treatment), x(treatment)));
    expect(adjusted?.effect?.estimate).toBeCloseTo(fromRows.effect, 12);
    expect(adjusted?.effect?.lower).toBeCloseTo(Number(fromRows.lower), 10);
    expect(adjusted?.varianceReduction).toBeCloseTo(fromRows.varianceReduction, 10);
    expect(adjusted?.kind).toBe('ship');
    const ratios = ratioMetric(ratioArm(x(control), y(control)), ratioArm(x(treatment), y(treatment)));
    expect(ratio?.effect?.estimate).toBeCloseTo(ratios.effect, 12);
    expect(ratio?.effect?.upper).toBeCloseTo(Number(ratios.upper), 12);
  });

  test('an arm that the set does not name is refused', () => {
    const strange = add(moments, of('holdout', [[1, 1]]));
    for (const { kind, reasons } of metricVerdicts(set, strange, 'final'))
      expect({ kind, reasons }).toEqual({
        kind: 'refused',
        reasons: ['exposures name arms that the set does not: holdout'],
      });
  });

  test('nobody is no data', () => {
    expect(metricVerdicts(set, NO_MOMENTS, 'running').map((v) => v.kind)).toEqual(['no-data', 'no-data']);
  });
});

const bad: readonly { name: string; given: MetricSet; field: string }[] = [
  { name: 'one arm', given: { ...set, arms: set.arms.slice(1) }, field: 'arms' },
  {
    name: 'a name for SQL',
    given: { ...set, columns: [{ name: 'y"', decimals: 0 }] },
    field: 'columns[0].name',
  },
  {
    name: 'a reserved name',
    given: { ...set, columns: [{ name: 'unit', decimals: 0 }] },
    field: 'columns[0].name',
  },
  {
    name: 'a column twice',
    given: { ...set, columns: [...set.columns, { name: 'y', decimals: 0 }] },
    field: 'columns[2].name',
  },
  {
    name: 'ten decimals',
    given: { ...set, columns: [{ name: 'y', decimals: 10 }] },
    field: 'columns[0].decimals',
  },
  { name: 'no metric', given: { ...set, metrics: [] }, field: 'metrics' },
  {
    name: 'a metric twice',
    given: { ...set, metrics: set.metrics.map((m) => ({ ...m, name: 'm' })) },
    field: 'metrics[1].name',
  },
  {
    name: 'an unknown column',
    given: { ...set, metrics: [{ name: 'm', better: 'higher', smallestEffect: 1, value: 'z' }] },
    field: 'metrics[0].value',
  },
  {
    name: 'a ratio with a covariate',
    given: {
      ...set,
      metrics: [
        { name: 'm', better: 'higher', smallestEffect: 1, value: 'y', denominator: 'x', covariate: 'x' },
      ],
    },
    field: 'metrics[0].covariate',
  },
];
test.for(bad)('refused: $name', ({ given, field }) => {
  expect(() => checkMetricSet(given)).toThrow(expect.objectContaining({ code: 'EXPERIMENT_INVALID', field }));
});
