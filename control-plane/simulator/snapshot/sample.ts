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
