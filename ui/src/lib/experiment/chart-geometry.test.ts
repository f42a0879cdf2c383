import type { ExperimentLook } from '@assay/domain/experiment';
import { expect, test } from 'vitest';
import { chartGeometry, nearestLook, valueDomain } from './chart-geometry.ts';

const look = (
  atMs: number,
  estimate: number,
  half: number,
  sequence: number | null = null,
): ExperimentLook => ({
  atMs,
  units: {},
  estimate,
  lower: estimate - half,
  upper: estimate + half,
  sequenceLower: sequence === null ? null : estimate - sequence,
  sequenceUpper: sequence === null ? null : estimate + sequence,
});

const box = { width: 120, height: 100, left: 10, right: 10, top: 0, bottom: 0 };

test('the axis follows the later looks and holds zero and the smallest effect', () => {
  const [from, to] = valueDomain([look(0, 0, 1_000), look(1, 2, 1), look(2, 2, 1), look(3, 2, 1)], [0, 5]);
  expect(from).toBeLessThan(0);
  expect(from).toBeGreaterThan(-1);
  expect(to).toBeGreaterThan(5);
  expect(to).toBeLessThan(6);
});

test('no looks still give an axis', () => {
  expect(valueDomain([], [])).toEqual([-1, 1]);
  expect(chartGeometry([], [0, 1], box).interval).toBe('');
});

test('bands close, the line does not', () => {
  const geometry = chartGeometry([look(0, 1, 1, 2), look(10, 1, 1, 2)], [0], box);
  expect(geometry.estimate).toMatch(/^M10\.0 [\d.]+L110\.0 [\d.]+$/);
  expect(geometry.interval.endsWith('Z')).toBe(true);
  expect(geometry.sequence.endsWith('Z')).toBe(true);
});

test('a method without an always-valid interval draws none', () => {
  expect(chartGeometry([look(0, 1, 1), look(1, 1, 1)], [0], box).sequence).toBe('');
});

test('an infinite end (nothing known yet) does not break the axis', () => {
  const wide = { ...look(1, 1, 1), lower: Number.NEGATIVE_INFINITY };
  expect(valueDomain([wide], [0]).every(Number.isFinite)).toBe(true);
});

test('the nearest look is found by pixel', () => {
  const looks = [look(0, 1, 1), look(10, 1, 1), look(20, 1, 1)];
  const { x } = chartGeometry(looks, [0], box);
  expect(nearestLook(looks, x, 63)).toBe(1);
  expect(nearestLook([], x, 63)).toBe(-1);
});
