import { type Prng, prng } from '@assay/domain/prng';
import type { PoolRow } from '../pool-row.ts';

export interface Visit {
  readonly n: number;
  readonly unit: string;
  readonly row: PoolRow;
}

const RETURNING = 0.1;
/** Visitors who may come back. */
const RECENT = 200;

/** Seeded stream of visits: rows uniform over the population; one in ten visitors was here before. */
export function visits(seed: number, name: string, rows: readonly PoolRow[]): () => Visit {
  const rng = prng(`traffic/${name}/${seed}`);
  const recent: string[] = [];
  let n = 0;
  return () => {
    const row = rows[rng.int(rows.length)];
    if (row === undefined) throw new RangeError('the traffic has no rows to send');
    const known = rng.next() < RETURNING ? recent[rng.int(recent.length)] : undefined;
    const unit = known ?? `v-${seed}-${n}`;
    if (known === undefined) recent[n % RECENT] = unit;
    return { n: n++, unit, row };
  };
}

/** Common random numbers: what happens to a visit depends on who visits, not on which model answers or when. */
export const luckOf = (seed: number, unit: string, n: number): Prng => prng(`outcome/${seed}/${unit}/${n}`);
