/** Neumaier's compensated sum in the order given (ZAMM 1974): the same numbers give the same bits, whatever their spread. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

/** Compensated sum of f(0) … f(n − 1). */
export function sumOf(n: number, f: (index: number) => number): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < n; i++) {
    const value = f(i);
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

/** Element of an array whose index the caller has checked. */
export function at(values: readonly number[], index: number): number {
  return values[index] as number;
}

/** Row of a matrix whose index the caller has checked. */
export function rowAt(rows: readonly (readonly number[])[], index: number): readonly number[] {
  return rows[index] as readonly number[];
}

export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Two passes; denominator n − 1. */
export function variance(values: readonly number[], centre = mean(values)): number {
  return sumOf(values.length, (i) => (at(values, i) - centre) ** 2) / (values.length - 1);
}

/** Two passes; denominator n − 1. Arrays of one length. */
export function covariance(x: readonly number[], y: readonly number[], mx = mean(x), my = mean(y)): number {
  return sumOf(x.length, (i) => (at(x, i) - mx) * (at(y, i) - my)) / (x.length - 1);
}

/** log Σ exp, without overflow. */
export function logSumExp(values: readonly number[]): number {
  const top = Math.max(...values);
  return top === -Infinity ? top : top + Math.log(sum(values.map((v) => Math.exp(v - top))));
}
