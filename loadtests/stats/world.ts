import type { MetricSet } from '@assay/domain/metric-set';

/** 15 means with a covariate and 5 ratios, in the shapes that shops have: rates, counts, money, times. */
export const SHAPES = [
  { name: 'conversion', share: 20, top: 1, decimals: 0 },
  { name: 'clicks', share: 60, top: 9, decimals: 0 },
  { name: 'spend', share: 30, top: 4_999, decimals: 2 },
  { name: 'minutes', share: 90, top: 299, decimals: 1 },
  { name: 'returns', share: 5, top: 3, decimals: 0 },
] as const;

export const MEANS = 15;
export const RATIOS = 5;

export const shapeOf = (i: number): (typeof SHAPES)[number] => SHAPES[i % SHAPES.length] ?? SHAPES[0];

const value = (i: number): string => `y${i}`;
const covariate = (i: number): string => `x${i}`;
const denominator = (i: number): string => `d${i}`;

const indices = Array.from({ length: MEANS + RATIOS }, (_, i) => i);

export const SET: MetricSet = {
  arms: [
    { name: 'control', weight: 0.5 },
    { name: 'treatment', weight: 0.5 },
  ],
  columns: [
    ...indices.map((i) => ({ name: value(i), decimals: shapeOf(i).decimals })),
    ...indices.slice(0, MEANS).map((i) => ({ name: covariate(i), decimals: shapeOf(i).decimals })),
    ...indices.slice(MEANS).map((i) => ({ name: denominator(i), decimals: 0 })),
  ],
  metrics: indices.map((i) => ({
    name: `${shapeOf(i).name}_${i}`,
    better: 'higher',
    smallestEffect: 0.01,
    value: value(i),
    ...(i < MEANS ? { covariate: covariate(i) } : { denominator: denominator(i) }),
  })),
  alpha: 0.05,
  minUnits: 100,
  tuning: 1_000_000,
};
