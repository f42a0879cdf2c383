import { effectForMeans, powerOfMeans, unitsForMeans } from '../methods/power-means.ts';
import { unitsForProportions } from '../methods/power-proportions.ts';
import { alternative, level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { alpha, number, word } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, outOfRange } from './rules.ts';
import { optional, type Shape } from './shape.ts';

const maybe = (shape: Shape<number>): Shape<number | null> => optional<number | null>(shape, null);

interface Request {
  readonly solve: 'n' | 'power' | 'effect';
  readonly effect: number | null;
  readonly n: number | null;
  readonly power: number | null;
  readonly alpha: number;
  readonly ratio: number;
  readonly alternative: 'two-sided' | 'greater' | 'less';
  readonly distribution: 't' | 'normal';
}

/** Of effect, n and power the two that are not asked for are needed. */
function needed(r: Request): Refusal | null {
  for (const name of ['effect', 'n', 'power'] as const)
    if (name !== r.solve && r[name] === null)
      return refuse('missing-field', name, null, `solving for ${r.solve} needs it`, `Give ${name}`);
  return null;
}

function solvable(r: Request): Refusal | null {
  const { solve, effect, n, power } = r;
  const opposed =
    effect !== null &&
    ((r.alternative === 'greater' && effect < 0) || (r.alternative === 'less' && effect > 0));
  if (solve === 'n' && (effect === 0 || opposed))
    return outOfRange(
      'effect',
      effect,
      'no number of units finds it',
      'Give an effect in the direction of the alternative',
    );
  if (n !== null && solve !== 'n' && r.distribution === 't' && n * (1 + r.ratio) - 2 <= 0)
    return refuse('too-few', 'n', n, 'it leaves no degree of freedom', 'Give more units');
  if (power !== null && solve !== 'power' && power <= r.alpha)
    return outOfRange('power', power, `it is not above alpha ${r.alpha}`, 'Give a power above alpha');
  return null;
}

function solve(r: Request & { readonly sd: number }): object {
  // `between` has seen to it that the two that are not asked for are given.
  const [effect, n, power] = [r.effect ?? 0, r.n ?? 0, r.power ?? 0];
  if (r.solve === 'n') return { nControl: unitsForMeans(r, effect, power) };
  return r.solve === 'power'
    ? { power: powerOfMeans(r, n, effect) }
    : { effect: effectForMeans(r, n, power) };
}

export const POWER: readonly Method[] = [
  method(
    'power-means',
    {
      solve: word(['n', 'power', 'effect'] as const),
      effect: maybe(number()),
      n: maybe(number({ above: 0 })),
      power: maybe(alpha()),
      sd: number({ above: 0 }),
      ...level,
      ratio: optional(number({ above: 0 }), 1),
      alternative,
      distribution: optional(word(['t', 'normal'] as const), 't'),
    },
    solve,
    (r) =>
      firstOf(
        () => needed(r),
        () => solvable(r),
      ),
  ),
  method(
    'power-proportions',
    {
      solve: word(['n'] as const),
      control: alpha(),
      treatment: alpha(),
      ...level,
      power: alpha(),
      alternative,
    },
    (r) => unitsForProportions(r.control, r.treatment, r),
    (r) => {
      const opposed = {
        'two-sided': r.control === r.treatment,
        greater: r.treatment <= r.control,
        less: r.treatment >= r.control,
      };
      return opposed[r.alternative]
        ? outOfRange(
            'treatment',
            r.treatment,
            'no number of units finds it',
            'Give a rate in the direction of the alternative',
          )
        : null;
    },
  ),
];
