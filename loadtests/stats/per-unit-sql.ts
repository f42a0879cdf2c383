import { columnPairs } from '@assay/domain/metric-set';
import { SET } from './world.ts';

const files = (dir: string, kind: string, part: string): string => `'${dir}/${kind}/part=${part}/*.parquet'`;

/** What anyone would write: one row a unit that met one arm, zeros where it has no outcome. No revision is handled. */
export function perUnitSql(dir: string, part: string): string {
  const names = SET.columns.map((c) => c.name);
  return `
    SELECT arm, ${names.map((n) => `coalesce(${n}, 0) AS ${n}`).join(', ')}
    FROM (SELECT unit, min(arm) AS arm FROM read_parquet(${files(dir, 'exposures', part)})
          GROUP BY unit HAVING min(arm) = max(arm))
    LEFT JOIN (SELECT unit, ${names.map((n) => `sum(${n})::DOUBLE AS ${n}`).join(', ')}
               FROM read_parquet(${files(dir, 'outcomes', part)}) GROUP BY unit) USING (unit)`;
}

/** Sums in floating point, by arm. */
export function sumsSql(dir: string, part: string): string {
  const names = SET.columns.map((c) => c.name);
  const sums = names.map((n) => `sum(${n}), sum(${n} * ${n})`);
  const products = columnPairs(SET).map(([a, b]) => `sum(${names[a]} * ${names[b]})`);
  return `SELECT arm, count(*) AS units, ${[...sums, ...products].join(', ')} FROM (${perUnitSql(dir, part)}) GROUP BY arm`;
}
