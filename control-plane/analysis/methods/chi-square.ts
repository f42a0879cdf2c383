import { chiSquareUpper } from '../numeric/gamma.ts';
import { at, sum, sumOf } from '../numeric/sum.ts';

export interface ChiSquare {
  readonly chiSquare: number;
  readonly df: number;
  readonly p: number;
  readonly cramersV: number;
}

/** Pearson's test of a 2×k table without continuity correction; every column and both rows hold a count. */
export function chiSquareTest(reference: readonly number[], current: readonly number[]): ChiSquare {
  const [m, n] = [sum(reference), sum(current)];
  const total = m + n;
  const chiSquare = sumOf(reference.length, (i) => {
    const column = at(reference, i) + at(current, i);
    const [a, b] = [(column * m) / total, (column * n) / total];
    return (at(reference, i) - a) ** 2 / a + (at(current, i) - b) ** 2 / b;
  });
  const df = reference.length - 1;
  return {
    chiSquare,
    df,
    p: df === 0 ? 1 : chiSquareUpper(chiSquare, df),
    cramersV: Math.sqrt(chiSquare / total),
  };
}
