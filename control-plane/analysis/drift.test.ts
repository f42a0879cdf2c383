import { type Prng, prng } from '@assay/domain/prng';
import { describe, expect, test } from 'vitest';
import { DRIFT_DEFAULTS, type FeatureCounts, featureDrift } from './drift.ts';

/** Counts over `edges` of n values; bin i holds edges[i − 1] ≤ x < edges[i]. */
function counts(edges: readonly number[], n: number, draw: () => number): number[] {
  const result = new Array<number>(edges.length + 1).fill(0);
  for (let i = 0; i < n; i++) {
    const x = draw();
    const bin = edges.filter((edge) => x >= edge).length;
    result[bin] = (result[bin] ?? 0) + 1;
  }
  return result;
}

const DECILES = [-1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816];

function features(
  random: Prng,
  { shift, rows, k }: { shift: number; rows: number; k: number },
): FeatureCounts[] {
  return Array.from({ length: k }, (_, i) => ({
    feature: `x${i}`,
    reference: counts(DECILES, 1500, () => random.normal()),
    current: counts(DECILES, rows, () => random.normal() + (i === 0 ? shift : 0)),
  }));
}

describe('operating characteristics', () => {
  test('without a shift the significance part alone alarms in at most alpha of looks', () => {
    const random = prng('false alarms');
    let alarms = 0;
    for (let run = 0; run < 400; run++) {
      const options = { alpha: 0.05, minPsi: 0, minRows: 200 };
      if (featureDrift(features(random, { shift: 0, rows: 300, k: 5 }), options).kind === 'drift')
        alarms += 1;
    }
    // 400 looks: at a true 5 % the count stays below 32 with probability 0.99.
    expect(alarms / 400).toBeLessThan(0.08);
    expect(alarms).toBeGreaterThan(0);
  });

  test('with the defaults there is no alarm in 300 looks at 300 rows of 8 features', () => {
    const random = prng('defaults');
    const kinds = Array.from(
      { length: 300 },
      () => featureDrift(features(random, { shift: 0, rows: 300, k: 8 })).kind,
    );
    expect(kinds.filter((kind) => kind !== 'stable')).toEqual([]);
  });

  test('a shift of one standard deviation in one of 8 features is found in every one of 50 looks', () => {
    const random = prng('power');
    for (let run = 0; run < 50; run++) {
      const answer = featureDrift(features(random, { shift: 1, rows: 300, k: 8 }));
      expect(answer.features.filter((each) => each.kind === 'drift').map((each) => each.feature)).toEqual([
        'x0',
      ]);
      expect(answer.reasons[0]).toMatch(/^x0: PSI .* adjusted p [=<] .* 300 rows$/);
    }
  });
});

describe('what cannot be read', () => {
  const fine: FeatureCounts = { feature: 'a', reference: [300, 300, 300], current: [100, 100, 100] };
  const cases: { name: string; feature: FeatureCounts; reason: RegExp }[] = [
    { name: 'few rows', feature: { ...fine, current: [60, 60, 60] }, reason: /180 rows, 200 needed/ },
    { name: 'a small reference', feature: { ...fine, reference: [1, 1, 1] }, reason: /3 rows, 200 needed/ },
    { name: 'other bins', feature: { ...fine, current: [300] }, reason: /1 bins, 3 at training/ },
    { name: 'not a number', feature: { ...fine, current: [Number.NaN, 300, 300] }, reason: /not a number/ },
  ];
  test.for(cases)('$name → no-data', ({ feature, reason }) => {
    const answer = featureDrift([feature]);
    expect(answer.kind).toBe('no-data');
    expect(answer.reasons.join()).toMatch(reason);
  });

  test('no feature at all → no-data', () => expect(featureDrift([]).kind).toBe('no-data'));

  test('one unreadable feature does not hide another one that drifts', () => {
    const answer = featureDrift([
      { ...fine, feature: 'b', current: [1] },
      { ...fine, current: [10, 10, 300] },
    ]);
    expect(answer.kind).toBe('drift');
    expect(answer.features.map((each) => each.kind)).toEqual(['no-data', 'drift']);
  });
});

test('empty and sparse bins are merged, a feature in one bin is stable', () => {
  const sparse = { feature: 's', reference: [500, 1, 0, 0, 499], current: [150, 0, 0, 1, 149] };
  expect(featureDrift([sparse]).features[0]).toMatchObject({ kind: 'stable' });
  const constant = { feature: 'c', reference: [0, 1000, 0], current: [0, 300, 0] };
  expect(featureDrift([constant]).features[0]).toMatchObject({ kind: 'stable', p: 1, psi: 0 });
});

test('a greater shift has a greater PSI', () => {
  const psi = [0, 20, 60, 100].map(
    (moved) =>
      featureDrift(
        [{ feature: 'm', reference: [400, 400], current: [150 - moved, 150 + moved] }],
        DRIFT_DEFAULTS,
      ).features[0]?.psi,
  );
  expect(psi).toEqual([...psi].sort((a, b) => (a ?? 0) - (b ?? 0)));
});
