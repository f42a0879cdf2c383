import { dot, gram, inverse, multiply } from '../numeric/linear.ts';
import { at } from '../numeric/sum.ts';
import { twoWay, twoWayResiduals } from '../numeric/two-way.ts';

export interface CohortRows {
  readonly y: readonly number[];
  readonly unit: readonly number[];
  readonly time: readonly number[];
  /** First treated time of the row's unit; 0: never. */
  readonly firstTreated: readonly number[];
}

const eventTimes = ({ time, firstTreated }: CohortRows): (number | null)[] =>
  time.map((t, i) => (at(firstTreated, i) === 0 ? null : t - at(firstTreated, i)));

/** Distinct event times but the reference, ascending. */
export const studiedTimes = (rows: CohortRows, reference: number): number[] =>
  [...new Set(eventTimes(rows))]
    .filter((e): e is number => e !== null && e !== reference)
    .sort((a, b) => a - b);

/**
 * One dummy per event time but the reference, with unit and time effects; CR1 by unit with K = units + times − 1 + dummies.
 * Null when the dummies cannot be told from the fixed effects.
 */
export function eventStudy(
  rows: CohortRows,
  reference = -1,
): { eventTime: number[]; effect: number[]; se: number[] } | null {
  const design = twoWay(rows.unit, rows.time);
  const events = eventTimes(rows);
  const eventTime = studiedTimes(rows, reference);
  const x = eventTime.map((e) =>
    twoWayResiduals(
      design,
      events.map((each) => (each === e ? 1 : 0)),
    ),
  );
  const bread = inverse(gram(x));
  if (bread === null) return null;
  const y = twoWayResiduals(design, rows.y);
  const effect = multiply(
    bread,
    x.map((column) => dot(column, y)),
  );
  const residual = y.map(
    (value, i) => value - x.reduce((sum, column, k) => sum + at(column, i) * at(effect, k), 0),
  );
  const scores = Array.from({ length: design.units }, () => x.map(() => 0));
  for (const [i, e] of residual.entries()) {
    const score = scores[at(design.unitOf, i)] as number[];
    for (const [k, column] of x.entries()) score[k] = at(score, k) + at(column, i) * e;
  }
  const [g, n, k] = [design.units, y.length, design.units + design.times - 1 + x.length];
  const factor = (g / (g - 1)) * ((n - 1) / (n - k));
  const influence = scores.map((score) => multiply(bread, score));
  const se = eventTime.map((_, j) =>
    Math.sqrt(factor * influence.reduce((sum, row) => sum + at(row, j) ** 2, 0)),
  );
  return { eventTime, effect, se };
}
