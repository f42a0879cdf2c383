import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideByInterval } from './interval-decision.ts';

const strange = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const base = { metric: 'm', smallestEffect: 1, basis: 'b' } as const;

test('a bound that is not a number never ships, whatever the other one says', () => {
  fc.assert(
    fc.property(
      fc.double(),
      strange,
      fc.constantFrom('higher', 'lower'),
      fc.boolean(),
      (x, y, better, isLower) => {
        const bounds = isLower ? { lower: y, upper: x } : { lower: x, upper: y };
        expect(decideByInterval({ ...base, better, ...bounds }).kind).toBe('no-data');
      },
    ),
  );
});

test('ships only an interval of the improvement wholly above 0', () => {
  const bound = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(bound, bound, fc.constantFrom('higher', 'lower'), (a, b, better) => {
      const [lower, upper] = [Math.min(a, b), Math.max(a, b)];
      const worst = better === 'higher' ? lower : -upper;
      const { kind } = decideByInterval({ ...base, better, lower, upper });
      expect(kind === 'ship').toBe(worst > 0 && (better === 'higher' ? upper : -lower) >= 1);
    }),
  );
});
