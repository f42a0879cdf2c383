import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, literal, numberOf } from '@assay/adapters/duckdb/database';
import { MEANS, RATIOS, shapeOf } from './world.ts';

export const PARTS = 16;

/** One delivery of data: new units, and what came late about old ones. */
export interface Slice {
  readonly name: string;
  readonly seed: number;
  /** New units by number: [from, to). Each is exposed twice; 99 of 100 have an outcome, 10 of 100 a second one. */
  readonly from: number;
  readonly to: number;
  /** Old units, drawn evenly, with one more outcome each, and with their first outcome corrected. */
  readonly late: number;
  readonly corrected: number;
}

const part = (p: number): string => `part=${String(p).padStart(2, '0')}`;

/** The column's number in [0, top] of a unit: 0 for 1 − share of them. A treated unit is a little likelier not to be 0. */
function drawn(i: number, salt: string, lift: string): string {
  const { share, top, decimals } = shapeOf(i);
  const draw = `(CASE WHEN hash(n, ${i}, ${salt}) % 1000 < ${share * 10}${lift} THEN 1 + hash(n, ${i}, ${salt}, 1) % ${top} ELSE 0 END)`;
  return decimals === 0 ? `${draw}::INTEGER` : `${draw}::DOUBLE / 1e${decimals}`;
}

/** Seven of ten units do again what they did before exposure, so that the covariate explains about half. */
function outcomeColumns(): string {
  const values = Array.from({ length: MEANS + RATIOS }, (_, i) => {
    const again =
      i < MEANS ? `CASE WHEN hash(n, ${i}, 3) % 10 < 7 AND salt = 0 THEN ${drawn(i, '0', '')} ELSE ` : '';
    return `${again}${drawn(i, '7 + salt', ' + 5 * arm')}${again && ' END'} AS y${i}`;
  });
  const before = Array.from({ length: MEANS }, (_, i) => {
    const covariate = drawn(i, '0', '');
    return `CASE WHEN salt = 0 THEN ${covariate} ELSE 0 END AS x${i}`;
  });
  const below = Array.from(
    { length: RATIOS },
    (_, i) => `(1 + hash(n, ${MEANS + i}, 5) % 9)::INTEGER AS d${MEANS + i}`,
  );
  return [...values, ...before, ...below].join(', ');
}

/** Writes a file and its manifest. */
export async function seal(database: Database, dir: string, name: string, sql: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${name}.parquet`);
  await database.run(`COPY (${sql}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`);
  const [row] = await database.rows('SELECT count(*) AS rows FROM read_parquet($file)', { file });
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  const manifest = { sha256: hash.digest('hex'), rows: numberOf(row, 'rows') };
  writeFileSync(join(dir, `${name}.json`), JSON.stringify(manifest));
}

/** Writes a slice's sealed Parquet files, each with its manifest: `<dir>/<kind>/part=07/<name>.parquet`. */
export async function generate(database: Database, dir: string, slice: Slice, parts = PARTS): Promise<void> {
  const { name, seed, from, to, late, corrected } = slice;
  // Old units: a multiplicative walk through [0, from) that meets each at most once when they are few
  const old = (count: number, step: number): string =>
    `SELECT DISTINCT ((r.k * ${step} + ${seed}) % ${Math.max(1, from)})::BIGINT AS n FROM range(${from > 0 ? count : 0}) r(k)`;
  await database.run(`CREATE OR REPLACE TEMP TABLE people AS
    SELECT n, what, hash(n, 'unit') AS unit, (hash(n, 'arm') % 2)::INTEGER AS arm FROM (
      SELECT r.n, 'new' AS what FROM range(${from}, ${to}) r(n)
      UNION ALL SELECT n, 'late' FROM (${old(late, 7_368_787)})
      UNION ALL SELECT n, 'corrected' FROM (${old(corrected, 15_485_863)}))`);
  const arm = (which: string): string => `CASE ${which} WHEN 0 THEN 'control' ELSE 'treatment' END AS arm`;
  for (let p = 0; p < parts; p++) {
    const mine = `FROM people WHERE unit % ${parts} = ${p}`;
    // One unit in two thousand meets the other arm at its second exposure
    await seal(
      database,
      join(dir, 'exposures', part(p)),
      name,
      `SELECT unit, ${arm('CASE WHEN n % 2000 = 7 AND again = 1 THEN 1 - arm ELSE arm END')}, 1700000000000 + n * 10 + again AS at_ms
       FROM (SELECT n, unit, arm ${mine} AND what = 'new') CROSS JOIN range(2) r(again)`,
    );
    const rows = `
      SELECT n, unit, arm, n * 8 AS id, 1 AS revision, 0 AS salt ${mine} AND what = 'new' AND n % 100 <> 0
      UNION ALL SELECT n, unit, arm, n * 8 + 1, 1, 1 ${mine} AND what = 'new' AND n % 10 = 3
      UNION ALL SELECT n, unit, arm, n * 8 + 2 + ${seed % 4}, 1, 2 ${mine} AND what = 'late'
      UNION ALL SELECT n, unit, arm, n * 8, 2, 3 ${mine} AND what = 'corrected'`;
    await seal(
      database,
      join(dir, 'outcomes', part(p)),
      name,
      `SELECT unit, id::BIGINT AS id, revision::UTINYINT AS revision, ${outcomeColumns()} FROM (${rows}) ORDER BY id, revision`,
    );
  }
}
