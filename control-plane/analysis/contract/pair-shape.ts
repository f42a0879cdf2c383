import { refuse } from './refusal.ts';
import { list, type Shape } from './shape.ts';

/** An array of exactly two. */
export function pair(shape: Shape<number>): Shape<readonly [number, number]> {
  const any = list(shape, { atLeast: 2 });
  return {
    optional: false,
    check(phase, value, path) {
      const found = any.check(phase, value, path);
      if (found || phase !== 'range' || (value as unknown[]).length === 2) return found;
      return refuse('length-mismatch', path, value, 'it must have two elements', 'Give two numbers');
    },
    read(value) {
      const [first = 0, second = 0] = any.read(value);
      return [first, second];
    },
  };
}
