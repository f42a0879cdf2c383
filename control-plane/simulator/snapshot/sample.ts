import { prng } from '@assay/domain/prng';

/** `count` of the rows (all, when there are no more), drawn without replacement, in their own order. */
export function sample<T>(rows: readonly T[], count: number, seed: number | string): readonly T[] {
  const rng = prng(`sample/${seed}`);
  let [needed, left] = [count, rows.length];
  return rows.filter(() => {
    const take = rng.next() * left < needed;
    left -= 1;
    if (take) needed -= 1;
    return take;
  });
}

/** All rows in a seeded order (Fisher and Yates). */
export function shuffled<T>(rows: readonly T[], seed: number | string): readonly T[] {
  const rng = prng(`shuffle/${seed}`);
  const keyed = rows.map((row) => ({ row, at: rng.next() }));
  return keyed.sort((a, b) => a.at - b.at).map(({ row }) => row);
}
