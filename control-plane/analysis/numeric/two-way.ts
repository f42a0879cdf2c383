import { at, rowAt } from './sum.ts';

/** Rows grouped by two labels each. */
export interface TwoWay {
  readonly units: number;
  readonly times: number;
  readonly unitOf: readonly number[];
  readonly timeOf: readonly number[];
}

/** Positions of the labels among the distinct ones, ascending. */
export function positions(labels: readonly number[]): { of: number[]; distinct: number[] } {
  const distinct = [...new Set(labels)].sort((a, b) => a - b);
  const place = new Map(distinct.map((label, i) => [label, i]));
  return { of: labels.map((label) => place.get(label) as number), distinct };
}

export function twoWay(unit: readonly number[], time: readonly number[]): TwoWay {
  const [u, t] = [positions(unit), positions(time)];
  return { units: u.distinct.length, times: t.distinct.length, unitOf: u.of, timeOf: t.of };
}

function totals(values: readonly number[], groups: readonly number[], count: number): number[] {
  const result = new Array<number>(count).fill(0);
  for (const [i, value] of values.entries()) result[at(groups, i)] = at(result, at(groups, i)) + value;
  return result;
}

/**
 * Residuals of least squares on both sets of fixed effects, for any pattern of rows: units are swept out, the times' normal
 * equations (a graph Laplacian) are solved by elimination without its null directions.
 */
export function twoWayResiduals(design: TwoWay, values: readonly number[]): number[] {
  const { units, times, unitOf, timeOf } = design;
  const size = totals(
    values.map(() => 1),
    unitOf,
    units,
  );
  const unitMean = totals(values, unitOf, units).map((sum, u) => sum / at(size, u));
  const within = values.map((value, i) => value - at(unitMean, at(unitOf, i)));
  const effects = eliminate(laplacian(design, size), totals(within, timeOf, times));
  const perUnit = totals(
    values.map((_, i) => at(effects, at(timeOf, i))),
    unitOf,
    units,
  );
  return within.map((value, i) => {
    const u = at(unitOf, i);
    return value - (at(effects, at(timeOf, i)) - at(perUnit, u) / at(size, u));
  });
}

function laplacian({ units, times, unitOf, timeOf }: TwoWay, size: readonly number[]): number[][] {
  const seen: number[][] = Array.from({ length: units }, () => []);
  for (const [i, u] of unitOf.entries()) seen[u]?.push(at(timeOf, i));
  const matrix = Array.from({ length: times }, () => new Array<number>(times).fill(0));
  for (const [u, list] of seen.entries())
    for (const s of list) {
      const row = matrix[s] as number[];
      row[s] = at(row, s) + 1;
      for (const t of list) row[t] = at(row, t) - 1 / at(size, u);
    }
  return matrix;
}

/** Solves a positive semidefinite system; a pivot that is 0 to rounding is a free direction and gets 0. */
function eliminate(matrix: number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, at(right, i)]);
  const scale = Math.max(...matrix.map((row, i) => at(row, i)), 0);
  const isFree = (k: number): boolean => at(rowAt(rows, k), k) <= 1e-11 * scale;
  for (let k = 0; k < rows.length; k++) if (!isFree(k)) sweepBelow(rows, k);
  const x = new Array<number>(rows.length).fill(0);
  for (let k = rows.length - 1; k >= 0; k--) {
    if (isFree(k)) continue;
    const row = rowAt(rows, k);
    let value = at(row, rows.length);
    for (let j = k + 1; j < rows.length; j++) value -= at(row, j) * at(x, j);
    x[k] = value / at(row, k);
  }
  return x;
}

function sweepBelow(rows: number[][], k: number): void {
  const pivotRow = rowAt(rows, k);
  for (let i = k + 1; i < rows.length; i++) {
    const row = rows[i] as number[];
    const factor = at(row, k) / at(pivotRow, k);
    if (factor === 0) continue;
    for (let j = k; j < row.length; j++) row[j] = at(row, j) - factor * at(pivotRow, j);
  }
}
