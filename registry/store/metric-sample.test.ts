import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Neighbours, type Place, sampled } from './metric-sample.ts';

/** A history as the database keeps it, and how many looks into it a sample takes. */
function history(given: readonly (readonly [ts: number, step: number])[]) {
  const points = given
    .map(([ts, step]) => ({ ts: BigInt(ts), step: BigInt(step) }))
    .toSorted((a, b) => Number(a.ts - b.ts) || Number(a.step - b.step));
  let looks = 0;
  const neighbours = async (places: readonly Place[]): Promise<Neighbours<Place>[]> => {
    looks += places.length;
    return places.map((place) => {
      const i = points.findIndex((p) => p.ts > place.ts || (p.ts === place.ts && p.step >= place.step));
      expect(i).toBeGreaterThan(0);
      return { before: points[i - 1] as Place, after: points[i] as Place };
    });
  };
  const sample = (size: number) => sampled([points[0] as Place, points.at(-1) as Place], size, neighbours);
  return { points, sample, looks: () => looks };
}
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

test('evenly over an even history, in as many looks as points', async () => {
  const { sample, looks } = history(upTo(5_000).map((i) => [i * 10, i]));
  const steps = (await sample(51)).map((p) => Number(p.step));
  expect(steps).toHaveLength(51);
  for (const [i, step] of steps.entries()) expect(Math.abs(step - (i * 4_999) / 50)).toBeLessThanOrEqual(1);
  expect(looks()).toBe(49);
});

test.for([
  ['a night between two trainings', upTo(2_000).map((i) => [i < 1_000 ? i : 1_000_000_000 + i, i])],
  ['one point long after all others', upTo(2_000).map((i) => [i < 1_999 ? i : 10 ** 13, i])],
  ['all logged in one instant', upTo(2_000).map((i) => [7, i])],
  ['no steps given', upTo(2_000).map((i) => [i, 0])],
  ['a few instants of many steps', upTo(2_000).map((i) => [Math.floor(i / 400) * 1_000, i])],
  ['ever later', upTo(2_000).map((i) => [Math.floor(1.01 ** i), i])],
] as const)('%s: as many points as asked for', async ([, points]) => {
  const { sample, looks } = history(points as [number, number][]);
  const size = Math.min(100, points.length);
  expect(await sample(size)).toHaveLength(size);
  expect(looks()).toBeLessThan(8 * 100);
});

test('always points of the history in order, its first and its last among them, and never more than asked for', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: -50, max: 10_000 }), fc.integer({ min: -3, max: 60 })), {
        minLength: 2,
        maxLength: 200,
      }),
      fc.integer({ min: 2, max: 60 }),
      async (given, size) => {
        const { points, sample } = history(given);
        const found = await sample(size);
        expect(found.length).toBeLessThanOrEqual(size);
        expect([found[0], found.at(-1)]).toEqual([points[0], points.at(-1)]);
        const at = found.map((p) => points.findIndex((q) => q.ts === p.ts && q.step === p.step));
        expect(at).toEqual(at.toSorted((a, b) => a - b));
        expect(at).not.toContain(-1);
      },
    ),
  ));
