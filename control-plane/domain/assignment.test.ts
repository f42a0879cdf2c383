import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { armAt, armOf, inCanary, inLayerShare, position } from './assignment.ts';

interface Vectors {
  vectors: { salt: string; unit: string; int48: number }[];
}
const read = (url: URL): Vectors => JSON.parse(readFileSync(url, 'utf8')) as Vectors;
const own = new URL('../../test/reference/assignment/assignment.json', import.meta.url);
const shared = new URL('../../../shared/reference/assignment.json', import.meta.url);

describe('position', () => {
  test.for(read(own).vectors)('is what hashlib says for $salt : $unit', ({ salt, unit, int48 }) => {
    expect(position(salt, unit)).toBe(int48 / 2 ** 48);
  });

  test.skipIf(!existsSync(shared))(
    'agrees with the shared vectors (skipped where ../shared is absent)',
    () => {
      for (const { salt, unit, int48 } of read(shared).vectors)
        expect(position(salt, unit)).toBe(int48 / 2 ** 48);
    },
  );

  test('replaces a lone surrogate as UTF-8 encoders do', () => {
    expect(position('s', '\ud800')).toBe(position('s', '\ufffd'));
  });
});

describe('arms', () => {
  test('raising the weight of a canary moves nobody out', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (unit, a, b) => {
          const [low, high] = a < b ? [a, b] : [b, a];
          return !inCanary('r', unit, low) || inCanary('r', unit, high);
        },
      ),
    );
  });

  test('split as weighted: 20,000 units, chi-square with 2 degrees of freedom below its 99.9 % point', () => {
    const weights = [0.5, 0.3, 0.2];
    const counts = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const arm = armOf('exp-split', weights, `unit-${i}`);
      counts[arm] = (counts[arm] ?? 0) + 1;
    }
    const chi2 = counts.reduce(
      (sum, n, i) => sum + (n - 20_000 * (weights[i] ?? 0)) ** 2 / (20_000 * (weights[i] ?? 1)),
      0,
    );
    expect(chi2).toBeLessThan(13.82);
  });

  test('the last arm takes what rounding leaves', () => {
    expect(armAt([0.1, 0.2, 0.7 - 1e-12], 1 - 1e-15)).toBe(2);
    expect(armAt([0.5, 0.5], 0.5)).toBe(1);
    expect(armAt([0.5, 0.5], 0)).toBe(0);
  });

  test('the shares of a layer are disjoint and cover it', () => {
    fc.assert(
      fc.property(fc.string(), (unit) => {
        const a = inLayerShare('home', unit, 0, 0.4);
        const b = inLayerShare('home', unit, 0.4, 1);
        return a !== b;
      }),
    );
  });
});
