import { at, rowAt } from './sum.ts';

export type Matrix = readonly (readonly number[])[];

export function dot(a: readonly number[], b: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += at(a, i) * at(b, i);
  return total;
}

export const multiply = (m: Matrix, v: readonly number[]): number[] => m.map((row) => dot(row, v));

export const transpose = (m: Matrix): number[][] => (m[0] ?? []).map((_, j) => m.map((row) => at(row, j)));

/** Rows of m times each other: m·mᵀ. */
export function gram(m: Matrix): number[][] {
  const result = m.map(() => new Array<number>(m.length).fill(0));
  for (const [i, row] of m.entries())
    for (let j = 0; j <= i; j++) {
      const value = dot(row, rowAt(m, j));
      (result[i] as number[])[j] = value;
      (result[j] as number[])[i] = value;
    }
  return result;
}

/** Lower triangle L with L·Lᵀ = m, or null when m is not positive definite to working precision. */
export function cholesky(m: Matrix): number[][] | null {
  const lower: number[][] = [];
  for (const row of m) if (!choleskyAppend(lower, row)) return null;
  return lower;
}

/** Adds the triangle's next row, whose matrix row up to the diagonal is given; false when that is not positive definite. */
export function choleskyAppend(lower: number[][], given: readonly number[]): boolean {
  const i = lower.length;
  const row = new Array<number>(i + 1).fill(0);
  for (let j = 0; j <= i; j++) {
    let value = at(given, j);
    const other = i === j ? row : rowAt(lower, j);
    for (let k = 0; k < j; k++) value -= at(row, k) * at(other, k);
    if (i !== j) row[j] = value / at(other, j);
    else if (value > 1e-14 * at(given, i)) row[j] = Math.sqrt(value);
    else return false;
  }
  lower.push(row);
  return true;
}

/** x with L·Lᵀ·x = b. */
export function choleskySolve(lower: Matrix, b: readonly number[]): number[] {
  const n = lower.length;
  const y: number[] = [];
  for (let i = 0; i < n; i++) {
    const row = rowAt(lower, i);
    let value = at(b, i);
    for (let k = 0; k < i; k++) value -= at(row, k) * at(y, k);
    y.push(value / at(row, i));
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let value = at(y, i);
    for (let k = i + 1; k < n; k++) value -= at(rowAt(lower, k), i) * at(x, k);
    x[i] = value / at(rowAt(lower, i), i);
  }
  return x;
}

/** Inverse of a symmetric positive definite matrix, or null. */
export function inverse(m: Matrix): number[][] | null {
  const lower = cholesky(m);
  return (
    lower &&
    m.map((_, j) =>
      choleskySolve(
        lower,
        m.map((__, i) => (i === j ? 1 : 0)),
      ),
    )
  );
}
