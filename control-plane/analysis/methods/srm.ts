import { chiSquareUpper } from '../numeric/gamma.ts';
import { at, sum, sumOf } from '../numeric/sum.ts';

export interface Srm {
  readonly chiSquare: number;
  readonly df: number;
  readonly p: number;
}

/** Sample-ratio mismatch: Pearson's test of the counts against weights · total. Weights sum to 1, each > 0. */
export function srm(counts: readonly number[], weights: readonly number[]): Srm {
  const total = sum(counts);
  const chiSquare = sumOf(counts.length, (i) => {
    const expected = at(weights, i) * total;
    return (at(counts, i) - expected) ** 2 / expected;
  });
  const df = counts.length - 1;
  return { chiSquare, df, p: chiSquareUpper(chiSquare, df) };
}
