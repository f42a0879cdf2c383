import type { ArmMoments, ExactMoments } from '@assay/domain/exact-moments';
import { columnPairs, type MetricSet, type OutcomeColumn } from '@assay/domain/metric-set';
import { type Database, literal, numberOf, type Row } from '../database.ts';

/** Relations that the plan reads: exposures (unit, lo, hi: least and greatest arm), outcomes (unit, id, revision, c0 …). */
export interface Relations {
  readonly exposures: string;
  /** With a join to narrow them by, before anything is computed of them. */
  readonly outcomes: (join?: string) => string;
}

/** Place of the arm in the set, from 1; 0 for an arm that the set does not name. */
const armPlace = (set: MetricSet): string =>
  `CASE arm ${set.arms.map((arm, i) => `WHEN ${literal(arm.name)} THEN ${i + 1}`).join(' ')} ELSE 0 END::UTINYINT`;

const parquet = (files: readonly string[]): string =>
  `read_parquet([${files.map(literal).join(', ')}], hive_partitioning = false)`;

/** The one rounding: an outcome's value to its column's resolution. What is absent adds nothing. */
function whole({ name, decimals }: OutcomeColumn): string {
  const value = decimals === 0 ? `"${name}"` : `round("${name}"::DOUBLE * 1e${decimals})`;
  return `coalesce(${value}::BIGINT, 0)`;
}

export const exposuresIn = (set: MetricSet, files: readonly string[]): string =>
  `(SELECT unit, place AS lo, place AS hi FROM (SELECT unit, ${armPlace(set)} AS place FROM ${parquet(files)}))`;

export function outcomesIn(set: MetricSet, files: readonly string[]): Relations['outcomes'] {
  const columns = set.columns.map((c, i) => `${whole(c)} AS c${i}`).join(', ');
  return (join = '') => `(SELECT unit, id, revision, ${columns} FROM ${parquet(files)} ${join})`;
}

const perColumn = (set: MetricSet, sql: (c: string) => string): string =>
  set.columns.map((_, i) => sql(`c${i}`)).join(', ');

/** Of products: 64 bits are several times as fast; where one does not fit, the look is made again with 128. */
export type Width = 'BIGINT' | 'HUGEINT';

interface Repeats {
  readonly units: boolean;
  readonly outcomes: boolean;
}

function sumsSql(
  set: MetricSet,
  { outcomes }: Relations,
  { units, outcomes: ids }: Repeats,
  width: Width,
): string {
  const columns = perColumn(set, (c) => c);
  const times = (a: string, b: string): string => `sum(${a}::${width} * ${b}::${width})`;
  const sums = perColumn(set, (c) => `sum(${c})::HUGEINT AS s_${c}, ${times(c, c)}::HUGEINT AS q_${c}`);
  const products = columnPairs(set).map(([a, b], i) => `${times(`c${a}`, `c${b}`)}::HUGEINT AS p_${i}`);
  // The highest revision of an outcome counts; two that claim the same are told apart by their values, not by their order
  const order = `revision DESC, ${perColumn(set, (c) => `${c} DESC`)}`;
  const latest = `SELECT unit, ${columns} FROM several SEMI JOIN contested USING (unit, id)
    QUALIFY row_number() OVER (PARTITION BY unit, id ORDER BY ${order}) = 1`;
  const one = `SELECT unit, ${columns} FROM several`;
  const counted = ids ? `${one} ANTI JOIN contested USING (unit, id) UNION ALL ${latest}` : one;
  const grouped = `SELECT unit, ${perColumn(set, (c) => `sum(${c})::BIGINT AS ${c}`)} FROM (${counted}) GROUP BY unit`;
  const singles = `SELECT lo, ${columns} FROM ${outcomes()} JOIN single USING (unit)`;
  const multiples = `SELECT lo, ${columns} FROM (${grouped}) JOIN assigned USING (unit) WHERE lo = hi`;
  return `
    SELECT lo AS place, ${[sums, ...products].join(', ')}
    FROM (${units ? `${singles} UNION ALL ${multiples}` : singles}) GROUP BY lo`;
}

export const isOverflow = (cause: unknown): boolean => /overflow/i.test((cause as Error).message);

/** Tables for what is not one outcome of one unit exposed to one arm; they say which branches of the plan have rows. */
async function findRepeats(database: Database, { exposures, outcomes }: Relations): Promise<Repeats> {
  const make = async (name: string, sql: string): Promise<boolean> => {
    await database.run(`CREATE OR REPLACE TEMP TABLE ${name} AS ${sql}`);
    const [row] = await database.rows(`SELECT count(*) AS rows FROM ${name}`);
    return (numberOf(row, 'rows') ?? 0) > 0;
  };
  await make('assigned', `SELECT unit, min(lo) AS lo, max(hi) AS hi FROM ${exposures} GROUP BY unit`);
  const units = await make('repeated', `SELECT unit FROM ${outcomes()} GROUP BY unit HAVING count(*) > 1`);
  await make('single', 'SELECT unit, lo FROM assigned ANTI JOIN repeated USING (unit) WHERE lo = hi');
  if (!units) return { units, outcomes: false };
  await make('several', `FROM ${outcomes('SEMI JOIN repeated USING (unit)')}`);
  const ids = await make('contested', 'SELECT unit, id FROM several GROUP BY unit, id HAVING count(*) > 1');
  return { units, outcomes: ids };
}

const big = (row: Row | undefined, column: string): bigint => BigInt((row?.[column] as bigint | null) ?? 0n);

function momentsOf(set: MetricSet, units: number, row: Row | undefined): ExactMoments {
  return {
    units: BigInt(units),
    sums: set.columns.map((_, i) => big(row, `s_c${i}`)),
    squares: set.columns.map((_, i) => big(row, `q_c${i}`)),
    products: columnPairs(set).map((_, i) => big(row, `p_${i}`)),
  };
}

/**
 * The plan: sums over units by arm, a unit's value being the sum over its outcomes. Most units have one outcome and pass
 * straight on; only the others are grouped, which is what costs. Leaves the temporary table `assigned` (unit, lo, hi).
 */
export async function readMoments(
  database: Database,
  set: MetricSet,
  relations: Relations,
  width: Width,
): Promise<ArmMoments> {
  const repeats = await findRepeats(database, relations);
  const counts = await database.rows('SELECT lo, hi, count(*) AS units FROM assigned GROUP BY lo, hi');
  const sums = await database.rows(sumsSql(set, relations, repeats, width));
  const arms: Record<string, ExactMoments> = {};
  let crossed = 0n;
  for (const count of counts) {
    const [lo, hi] = [numberOf(count, 'lo') ?? 0, numberOf(count, 'hi')];
    const units = numberOf(count, 'units') ?? 0;
    const row = sums.find((r) => numberOf(r, 'place') === lo);
    if (lo === hi) arms[set.arms[lo - 1]?.name ?? ''] = momentsOf(set, units, row);
    else crossed += BigInt(units);
  }
  return { arms, crossed };
}
