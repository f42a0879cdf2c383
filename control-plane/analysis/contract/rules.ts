import { sum } from '../numeric/sum.ts';
import { type Refusal, refuse } from './refusal.ts';

/** The first refusal of several rules, in order; later ones may rely on earlier ones. */
export function firstOf(...rules: readonly (() => Refusal | null)[]): Refusal | null {
  for (const rule of rules) {
    const found = rule();
    if (found) return found;
  }
  return null;
}

/** Arrays that belong together: the first of the later ones that differs in length. */
export function sameLength(
  first: readonly unknown[],
  others: Readonly<Record<string, readonly unknown[] | undefined>>,
): Refusal | null {
  for (const [field, other] of Object.entries(others))
    if (other !== undefined && other.length !== first.length)
      return refuse(
        'length-mismatch',
        field,
        other.length,
        `${other.length} elements, ${first.length} needed`,
        `Give ${first.length} elements`,
      );
  return null;
}

/** All rows as long as `length`. */
export function rectangular(
  field: string,
  rows: readonly (readonly unknown[])[],
  length = rows[0]?.length ?? 0,
): Refusal | null {
  const i = rows.findIndex((row) => row.length !== length);
  if (i < 0) return null;
  const found = rows[i]?.length;
  return refuse(
    'length-mismatch',
    `${field}[${i}]`,
    found,
    `${found} elements, ${length} needed`,
    `Give ${length} elements`,
  );
}

export function sumsToOne(field: string, weights: readonly number[]): Refusal | null {
  const total = sum(weights);
  if (Math.abs(total - 1) <= 1e-6) return null;
  return refuse(
    'sum-not-one',
    field,
    weights,
    `it sums to ${total}`,
    'Give numbers that sum to 1 within 1e-6',
  );
}

export function hasCounts(field: string, counts: readonly number[]): Refusal | null {
  if (sum(counts) > 0) return null;
  return refuse('empty', field, counts, 'its counts add to 0', 'Give at least one count');
}

export function varies(field: string, values: readonly number[]): Refusal | null {
  if (values.some((value) => value !== values[0])) return null;
  return refuse('constant', field, values[0] ?? null, 'its values do not vary', 'Give values that differ');
}

export const outOfRange = (field: string, value: unknown, rule: string, remedy: string): Refusal =>
  refuse('out-of-range', field, value, rule, remedy);

/** Periods of a panel before its change: 1 ≤ prePeriods < periods. */
export function hasPostPeriod(prePeriods: number, periods: number): Refusal | null {
  if (prePeriods < periods) return null;
  return outOfRange(
    'prePeriods',
    prePeriods,
    `there are only ${periods} periods`,
    `Give a number from 1 to ${periods - 1}`,
  );
}
