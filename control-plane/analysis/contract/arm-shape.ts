import type { Arm } from '../arm.ts';
import { mean, variance } from '../numeric/sum.ts';
import { count, number } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { isObject, list, object, type Shape } from './shape.ts';

const values = object({ values: list(number(), { atLeast: 2 }) });
const statistics = object({
  n: count({ min: 2, belowMin: 'too-few' }),
  mean: number(),
  variance: number({ min: 0 }),
});

const hasValues = (value: unknown): boolean => isObject(value) && value.values !== undefined;

export interface GivenArm extends Arm {
  /** Where this arm's variation is given: `values` or `variance`. */
  readonly source: 'values' | 'variance';
}

/** `{values}` or `{n, mean, variance}`. */
export function arm(): Shape<GivenArm> {
  return {
    optional: false,
    check: (phase, value, path) => (hasValues(value) ? values : statistics).check(phase, value, path),
    read(value) {
      if (!hasValues(value)) return { ...statistics.read(value), source: 'variance' };
      const { values: rows } = values.read(value);
      const centre = mean(rows);
      return { n: rows.length, mean: centre, variance: variance(rows, centre), source: 'values' };
    },
  };
}

/** A test of a difference needs variation in one arm at least. */
export function constantArms({
  control,
  treatment,
}: {
  control: GivenArm;
  treatment: GivenArm;
}): Refusal | null {
  if (control.variance > 0 || treatment.variance > 0) return null;
  const field = `control.${control.source}`;
  return refuse(
    'constant',
    field,
    control.variance,
    'neither arm has any variation',
    'Give an arm whose values differ',
  );
}
