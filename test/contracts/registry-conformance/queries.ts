import { type Random, random } from './random.ts';

export const TEXTS = ['=', '!=', 'LIKE', 'ILIKE'] as const;
export const COMPARE = ['=', '!=', '<', '<=', '>', '>='] as const;
/** One field a column: the same one twice is a row of its own. */
export const distinct = (fields: readonly string[]) => {
  const column = (f: string) => f.replace('attribute.', '').replace(/^timestamp$/, 'last_updated_timestamp');
  return fields.filter((f, i) => fields.findIndex((g) => column(g) === column(f)) === i);
};
export type Clauses = readonly ((r: Random) => string)[];

/** `n` queries out of the given clauses and fields, and the odd filters after them. */
export const queries = (
  seed: number,
  n: number,
  clauses: Clauses,
  fields: readonly string[],
  odd: readonly string[],
) => {
  const r = random(seed);
  const made = Array.from({ length: n }, () => ({
    filter: Array.from({ length: r.below(3) }, () => r.pick(clauses)(r)).join(' AND '),
    order_by: distinct(Array.from({ length: r.below(3) }, () => r.pick(fields))).map(
      (field) => field + r.pick(['', ' ASC', ' DESC', ' desc']),
    ),
  }));
  return [...made, ...odd.map((filter) => ({ filter, order_by: [] as string[] }))];
};
export const named = (q: { filter: string; order_by: readonly string[] }, i: number) =>
  `${i}: ${q.filter} by ${q.order_by}`;
