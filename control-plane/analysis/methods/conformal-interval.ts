import { at } from '../numeric/sum.ts';

export interface Predicted {
  readonly actual: readonly number[];
  readonly predicted: readonly number[];
}

const residuals = ({ actual, predicted }: Predicted): number[] =>
  actual.map((y, i) => Math.abs(y - at(predicted, i)));

/** Split conformal radius (Lei et al., JASA 2018): the ⌈(n+1)·level⌉-th smallest |residual|, and its coverage of a test set. */
export function conformalInterval(
  calibration: Predicted,
  level: number,
  test?: Predicted,
): { radius: number; coverage?: number } {
  const scores = residuals(calibration).sort((a, b) => a - b);
  const rank = Math.ceil((scores.length + 1) * level - 1e-9);
  const radius = at(scores, rank - 1);
  if (test === undefined) return { radius };
  const sizes = residuals(test);
  return { radius, coverage: sizes.filter((size) => size <= radius).length / sizes.length };
}
