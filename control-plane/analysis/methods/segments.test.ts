import { prng } from '@assay/domain/prng';
import { describe, expect, test } from 'vitest';
import type { Arm } from '../arm.ts';
import { type Crossed, interaction, type Segment, segmentEffects } from './segments.ts';

const arm = (mean: number, n = 1000): Arm => ({ n, mean, variance: 1 });

describe('segmentEffects', () => {
  const drawn = (seed: string, effects: readonly number[]): Segment[] => {
    const random = prng(seed);
    const error = Math.sqrt(1 / 1000);
    return effects.map((effect, i) => ({
      segment: `s${i}`,
      control: arm(error * random.normal()),
      treatment: arm(effect + error * random.normal()),
    }));
  };

  test('without any effect some segment is found in at most 5 % of experiments, however many there are', () => {
    let found = 0;
    for (let run = 0; run < 400; run++)
      if (segmentEffects(drawn(`null/${run}`, new Array(20).fill(0))).segments.some((s) => s.found))
        found += 1;
    // Binomial(400, 0.05): at most 34 with probability 0.999
    expect(found).toBeLessThanOrEqual(34);
  });

  test('one segment that differs: it is found, Q says so, and it is shrunk towards the others', () => {
    const { segments, p } = segmentEffects(
      [0, 0.02, -0.02, 0.01, 0.4].map((effect, i) => ({
        ...{ segment: `s${i}`, control: arm(0), treatment: arm(effect) },
      })),
    );
    expect(segments.map((s) => s.found)).toEqual([false, false, false, false, true]);
    expect(p).toBeLessThan(1e-6);
    expect(segments[4]?.shrunk.effect).toBeLessThan(segments[4]?.raw.effect ?? 0);
    expect(segments[4]?.shrunk.effect).toBeGreaterThan(0.2);
  });

  test('equal effects: Q does not speak, all are shrunk to the common effect', () => {
    const segments = ['a', 'b', 'c'].map((segment) => ({ segment, control: arm(0), treatment: arm(0.2) }));
    const { q, p, segments: found } = segmentEffects(segments);
    expect(q).toBeCloseTo(0, 12);
    expect(p).toBe(1);
    expect(found.every((s) => Math.abs(s.shrunk.effect - 0.2) < 1e-12)).toBe(true);
  });
});

describe('interaction', () => {
  const cells = (both: number): Crossed => [
    [arm(0), arm(0.1)],
    [arm(0.2), arm(0.3 + both)],
  ];

  test('effects that add up do not interact; what is beyond the sum does', () => {
    expect(interaction(cells(0)).effect).toBeCloseTo(0, 12);
    expect(interaction(cells(0)).p).toBeCloseTo(1, 6);
    const found = interaction(cells(0.3));
    expect(found.effect).toBeCloseTo(0.3, 12);
    // Four cells of 1,000 with variance 1: se = √0.004
    expect(found.se).toBeCloseTo(Math.sqrt(0.004), 12);
    expect(found.df).toBeCloseTo(4 * 999, 6);
    expect(found.p).toBeLessThan(1e-5);
  });

  test('which of the two experiments is called the first does not matter', () => {
    const [[a, b], [c, d]] = cells(0.3);
    const other = interaction([
      [a, c],
      [b, d],
    ]);
    expect(other.effect).toBeCloseTo(interaction(cells(0.3)).effect, 12);
    expect(other.p).toBeCloseTo(interaction(cells(0.3)).p, 12);
  });
});
