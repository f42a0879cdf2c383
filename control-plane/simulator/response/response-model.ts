import type { Prng } from '@assay/domain/prng';
import type { DrawnOutcome, ServedAnswer } from '../pool-row.ts';

/**
 * Ground truth of the sample shop for one family. `expected` is exact (closed form or exact sum), `draw` is one
 * visitor, and the mean of many draws is `expected`; a test holds them together.
 */
export interface ResponseModel<Row> {
  expected(row: Row, served: ServedAnswer): Readonly<Record<string, number>>;
  draw(row: Row, served: ServedAnswer, rng: Prng): DrawnOutcome;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Values of one served output; an answer without it is a bug of the caller. */
export function output(served: ServedAnswer, name: string): readonly number[] {
  const values = served[name];
  if (values === undefined) throw new TypeError(`the served answer has no output "${name}"`);
  return values;
}

/** First value of one served output. */
export function scalar(served: ServedAnswer, name: string): number {
  const [value] = output(served, name);
  if (value === undefined) throw new TypeError(`output "${name}" of the served answer is empty`);
  return value;
}
