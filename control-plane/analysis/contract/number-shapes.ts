import { type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { type Shape, wrongType } from './shape.ts';

export interface NumberRules {
  readonly min?: number;
  readonly max?: number;
  /** Strict bounds. */
  readonly above?: number;
  readonly below?: number;
  /** Code when `min` is broken; too-few for a count of units. */
  readonly belowMin?: RefusalCode;
}

function outside(value: number, rules: NumberRules): [RefusalCode, string] | null {
  const {
    min = -Infinity,
    max = Infinity,
    above = -Infinity,
    below = Infinity,
    belowMin = 'out-of-range',
  } = rules;
  if (value < min) return [belowMin, `at least ${min}`];
  if (value > max) return ['out-of-range', `at most ${max}`];
  if (value <= above && above !== -Infinity) return ['out-of-range', `greater than ${above}`];
  return value >= below && below !== Infinity ? ['out-of-range', `less than ${below}`] : null;
}

function checkRange(path: string, value: number, rules: NumberRules): Refusal | null {
  const broken = outside(value, rules);
  return broken && refuse(broken[0], path, value, `it must be ${broken[1]}`, `Give a number ${broken[1]}`);
}

function numeric(rules: NumberRules, wanted: string, fits: (value: number) => boolean): Shape<number> {
  return {
    optional: false,
    check(phase, value, path) {
      if (phase === 'missing') return null;
      if (phase === 'type')
        return value === null || (typeof value === 'number' && fits(value))
          ? null
          : wrongType(path, value, wanted);
      if (phase === 'finite')
        return Number.isFinite(value)
          ? null
          : refuse(
              'not-finite',
              path,
              null,
              'it must be a finite number',
              'Give a number, or leave the element out',
            );
      return checkRange(path, value as number, rules);
    },
    read: (value) => value as number,
  };
}

export const number = (rules: NumberRules = {}): Shape<number> => numeric(rules, 'a number', () => true);

/** A whole number; 2.5 is a wrong type. */
export const count = (rules: NumberRules = { min: 0 }): Shape<number> =>
  numeric(rules, 'a whole number', (value) => Number.isInteger(value) || !Number.isFinite(value));

/** One of a few numbers: labels 0 and 1. */
export function oneOf(values: readonly number[]): Shape<number> {
  const any = number();
  const remedy = `Give one of ${values.join(', ')}`;
  return {
    ...any,
    check(phase, value, path) {
      const found = any.check(phase, value, path);
      if (found || phase !== 'range') return found;
      return values.includes(value as number)
        ? null
        : refuse('out-of-range', path, value, `it must be one of ${values.join(', ')}`, remedy);
    },
  };
}

export const binary = (): Shape<number> => oneOf([0, 1]);
export const alpha = (): Shape<number> => number({ above: 0, below: 1 });
export const probability = (): Shape<number> => number({ min: 0, max: 1 });

/** A word out of a list. */
export function word<T extends string>(words: readonly T[]): Shape<T> {
  return {
    optional: false,
    check(phase, value, path) {
      if (phase === 'type' && typeof value !== 'string') return wrongType(path, value, 'a word');
      if (phase !== 'range' || (words as readonly unknown[]).includes(value)) return null;
      return refuse('out-of-range', path, value, 'the option is unknown', `Give one of ${words.join(', ')}`);
    },
    read: (value) => value as T,
  };
}

export function flag(): Shape<boolean> {
  return {
    optional: false,
    check: (phase, value, path) =>
      phase === 'type' && typeof value !== 'boolean' ? wrongType(path, value, 'true or false') : null,
    read: (value) => value as boolean,
  };
}
