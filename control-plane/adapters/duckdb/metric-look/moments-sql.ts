import { type ArmMoments, add, type ExactMoments, NO_MOMENTS } from '@assay/domain/exact-moments';
import { columnPairs, type MetricSet, type OutcomeColumn } from '@assay/domain/metric-set';
import { type Database, literal, numberOf, type Row } from '../database.ts';

/** Relations that the plan reads: exposures (unit, lo, hi: least and greatest arm), outcomes (unit, id, revision, c0 …). */
export interface Relations {
  readonly exposures: string;
  readonly outcomes: string;
  /** What tells units apart. With `side`, −1 or 1 in each row, what goes out of the sums and what comes in is read at once. */
  readonly key: 'unit' | 'unit, side';
}

/** Place of the arm in the set, from 1; 0 for an arm that the set does not name. */
const armPlace = (set: MetricSet): string =>
  `CASE arm ${set.arms.map((arm, i) => `WHEN ${literal(arm.name)} THEN ${i + 1}`).join(' ')} ELSE 0 END::UTINYINT`;

const parquet = (files: readonly string[]): string =>
  `read_parquet([${files.map(literal).join(', ')}], hive_partitioning = false)`;

/** The one rounding: an outcome's value to its column's resolution. What is absent adds nothing. */
const whole = ({ name, decimals }: OutcomeColumn): string =>
  `${decimals === 0 ? `"${name}"` : `round("${name}"::DOUBLE * 1e${decimals})`}::BIGINT`;

export const exposuresIn = (set: MetricSet, files: readonly string[]): string =>
  `(SELECT unit, place AS lo, place AS hi FROM (SELECT unit, ${armPlace(set)} AS place FROM ${parquet(files)}))`;

export const outcomesIn = (set: MetricSet, files: readonly string[]): string =>
  `(SELECT unit, id, revision, ${set.columns.map((c, i) => `${whole(c)} AS c${i}`).join(', ')} FROM ${parquet(files)})`;

const perColumn = (set: MetricSet, sql: (c: string) => string): string =>
  set.columns.map((_, i) => sql(`c${i}`)).join(', ');

interface Repeats {
  readonly units: boolean;
  readonly outcomes: boolean;
}

/** Units with one outcome: nothing is grouped, and the bounds that the database knows of columns hold for sums of products. */
const singlesSql = (set: MetricSet, { outcomes, key }: Relations): string =>
  `SELECT lo, ${sideOf(key)}, ${perColumn(set, (c) => c)} FROM ${outcomes} JOIN single USING (${key})`;

/** Units with more: the highest revision of each outcome counts, and their sum is the unit's value. */
function severalSql(set: MetricSet, { outcomes, key }: Relations, hasContested: boolean): string {
  const columns = perColumn(set, (c) => c);
  const several = `${outcomes} SEMI JOIN repeated USING (${key})`;
  // Two that claim the same revision are told apart by their values, not by their order
  const order = `revision DESC, ${perColumn(set, (c) => `${c} DESC`)}`;
  const latest = `SELECT ${key}, ${columns} FROM ${several} SEMI JOIN contested USING (${key}, id)
    QUALIFY row_number() OVER (PARTITION BY ${key}, id ORDER BY ${order}) = 1`;
  const one = `SELECT ${key}, ${columns} FROM ${several}`;
  const counted = hasContested ? `${one} ANTI JOIN contested USING (${key}, id) UNION ALL ${latest}` : one;
  const summed = perColumn(set, (c) => `sum(${c})::BIGINT AS ${c}`);
  return `SELECT lo, ${sideOf(key)}, ${columns}
    FROM (SELECT ${key}, ${summed} FROM (${counted}) GROUP BY ${key}) JOIN assigned USING (${key}) WHERE lo = hi`;
}

const sideOf = (key: Relations['key']): string => (key === 'unit' ? '1 AS side' : 'side');

/** `width` is of products: 64 bits are several times as fast as 128, which hold every one. */
function sumsSql(set: MetricSet, units: string, width: 'BIGINT' | 'HUGEINT'): string {
  const times = (a: string, b: string): string => `sum(${a}::${width} * ${b}::${width})::HUGEINT`;
  const sums = perColumn(set, (c) => `sum(${c})::HUGEINT AS s_${c}, ${times(c, c)} AS q_${c}`);
  const products = columnPairs(set).map(([a, b], i) => `${times(`c${a}`, `c${b}`)} AS p_${i}`);
  return `SELECT lo AS place, side, ${[sums, ...products].join(', ')} FROM (${units}) GROUP BY lo, side`;
}

/** Tables for what is not one outcome of one unit exposed to one arm; they say which branches of the plan have rows. */
async function findRepeats(database: Database, { exposures, outcomes, key }: Relations): Promise<Repeats> {
  const make = async (name: string, sql: string): Promise<boolean> => {
    const [row] = await database.rows(`CREATE OR REPLACE TEMP TABLE ${name} AS ${sql}`);
    return (numberOf(row, 'Count') ?? 0) > 0;
  };
  await make('assigned', `SELECT ${key}, min(lo) AS lo, max(hi) AS hi FROM ${exposures} GROUP BY ${key}`);
  const units = await make('repeated', `SELECT ${key} FROM ${outcomes} GROUP BY ${key} HAVING count(*) > 1`);
  await make('single', `SELECT ${key}, lo FROM assigned ANTI JOIN repeated USING (${key}) WHERE lo = hi`);
  if (!units) return { units, outcomes: false };
  const twice = `SELECT ${key}, id FROM ${outcomes} SEMI JOIN repeated USING (${key}) GROUP BY ${key}, id HAVING count(*) > 1`;
  return { units, outcomes: await make('contested', twice) };
}

const big = (row: Row, column: string): bigint => BigInt((row[column] as bigint | null) ?? 0n);

const momentsIn = (set: MetricSet, row: Row): ExactMoments => ({
  units: 0n,
  sums: set.columns.map((_, i) => big(row, `s_c${i}`)),
  squares: set.columns.map((_, i) => big(row, `q_c${i}`)),
  products: columnPairs(set).map((_, i) => big(row, `p_${i}`)),
});

/** Sums over the units that a query gives, by arm's place. */
async function readSums(database: Database, set: MetricSet, units: string): Promise<readonly Row[]> {
  try {
    return await database.rows(sumsSql(set, units, 'BIGINT'));
  } catch (cause) {
    if (!/overflow/i.test((cause as Error).message)) throw cause;
    return await database.rows(sumsSql(set, units, 'HUGEINT'));
  }
}

export interface Change {
  readonly out: ArmMoments;
  readonly into: ArmMoments;
}

/**
 * The plan: sums over units by arm, a unit's value being the sum over its outcomes. Most units have one outcome and pass
 * straight on; only the others are grouped, which is what costs. Leaves the temporary table `assigned` (unit, lo, hi).
 */
export async function readMoments(database: Database, set: MetricSet, relations: Relations): Promise<Change> {
  const repeats = await findRepeats(database, relations);
  const counts = await database.rows(
    `SELECT lo AS place, lo <> hi AS is_crossed, ${sideOf(relations.key)}, count(*) AS units FROM assigned GROUP BY ALL`,
  );
  const sums = [...(await readSums(database, set, singlesSql(set, relations)))];
  if (repeats.units)
    sums.push(...(await readSums(database, set, severalSql(set, relations, repeats.outcomes))));
  const of = (row: Row, moments: ExactMoments): ArmMoments => ({
    arms: { [set.arms[(numberOf(row, 'place') ?? 0) - 1]?.name ?? '']: moments },
    crossed: 0n,
  });
  const counted = (row: Row): ArmMoments => {
    const units = BigInt(numberOf(row, 'units') ?? 0);
    return row.is_crossed ? { arms: {}, crossed: units } : of(row, { ...momentsIn(set, {}), units });
  };
  const onSide = (side: number): ArmMoments => {
    const mine = (row: Row): boolean => numberOf(row, 'side') === side;
    // Units before sums: an arm without units is none
    const found = counts.filter(mine).map(counted);
    const summed = sums.filter(mine).map((row) => of(row, momentsIn(set, row)));
    return [...found, ...summed].reduce(add, NO_MOMENTS);
  };
  return { out: onSide(-1), into: onSide(1) };
}
