import { betaTails } from './beta.ts';
import { chiSquareUpper, gammaLower, logBeta, logGamma } from './gamma.ts';
import { kolmogorovUpper } from './kolmogorov.ts';
import { cholesky, choleskySolve } from './linear.ts';
import { noncentralTUpper } from './noncentral-t.ts';
import { logNormalUpper, normalUpper, normalUpperQuantile } from './normal.ts';
import { tUpper } from './student.ts';
import { at } from './sum.ts';

/** A function of the grid's arguments. */
export type Numeric = (...args: readonly number[]) => number;

/** What the grid of test/reference/stats/make-accuracy-grid.py is held against, by its names there. */
export const FUNCTIONS: Readonly<Record<string, Numeric>> = {
  normalUpper: (x = 0) => normalUpper(x),
  logNormalUpper: (x = 0) => logNormalUpper(x),
  normalUpperQuantile: (p = 0.5) => normalUpperQuantile(p),
  tUpper: (t = 0, df = 1) => tUpper(t, df),
  chiSquareUpper: (x = 0, df = 1) => chiSquareUpper(x, df),
  gammaLower: (a = 1, x = 0) => gammaLower(a, x),
  betaLower: (a = 1, b = 1, x = 0) => betaTails(a, b, x).lower,
  betaUpper: (a = 1, b = 1, x = 0) => betaTails(a, b, x).upper,
  noncentralTUpper: (t = 0, df = 1, shift = 0) => noncentralTUpper(t, df, shift),
  kolmogorovUpper: (n = 1, x = 0) => kolmogorovUpper(n, x),
  logGamma: (x = 1) => logGamma(x),
  logBeta: (a = 1, b = 1) => logBeta(a, b),
};

/** A linear system of the grid: its entries by `name`'s formula, right-hand side 1 … n, solution at 60 digits. */
export interface System {
  readonly name: string;
  readonly n: number;
  readonly condition: number;
  readonly x: readonly number[];
}

export interface Grid {
  /** Rows of a function: its arguments, then the value. */
  readonly functions: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly systems: readonly System[];
}

export interface Worst {
  readonly error: number;
  /** Arguments at which it is met. */
  readonly args: readonly number[];
}

/** Greatest relative error over the grid; no number counts as an infinite error. */
export function worst(f: Numeric, rows: readonly (readonly number[])[]): Worst {
  let found: Worst = { error: 0, args: [] };
  for (const row of rows) {
    const args = row.slice(0, -1);
    const exact = at(row, row.length - 1);
    const error = exact === 0 ? Math.abs(f(...args)) : Math.abs(f(...args) / exact - 1);
    if (!(error <= found.error)) found = { error: Number.isNaN(error) ? Infinity : error, args };
  }
  return found;
}

const ENTRIES: Readonly<Record<string, (i: number, j: number) => number>> = {
  hilbert: (i, j) => 1 / (i + j + 1),
  lehmer: (i, j) => (Math.min(i, j) + 1) / (Math.max(i, j) + 1),
  minimum: (i, j) => Math.min(i, j) + 1,
  equicorrelated: (i, j) => (i === j ? 1 : 0.99),
};

export const entries = ({ name, n }: System): number[][] =>
  Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => ENTRIES[name]?.(i, j) ?? Number.NaN),
  );

/** Greatest relative error of an element of the solution, in units of the matrix's condition number. */
export function solveError(
  system: System,
  solve: (matrix: number[][], b: number[]) => readonly number[] = (m, b) =>
    choleskySolve(cholesky(m) ?? [], b),
): number {
  const found = solve(
    entries(system),
    system.x.map((_, i) => i + 1),
  );
  const size = Math.max(...system.x.map(Math.abs));
  return Math.max(...system.x.map((x, i) => Math.abs(at(found, i) - x) / size)) / system.condition;
}
