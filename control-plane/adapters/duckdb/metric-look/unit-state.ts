import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArmMoments, ExactMoments } from '@assay/domain/exact-moments';
import { type MetricSet, sumsText } from '@assay/domain/metric-set';
import { type Database, literal, type Row, textOf } from '../database.ts';
import { unreadable } from '../sealed-files.ts';
import type { SegmentKind } from './segments.ts';

/** What is kept changes with this number. */
const LAYOUT = 3;

/** The file's name tells which plan it belongs to: another plan starts with a file of its own. */
export const stateName = (set: MetricSet): string => {
  const arms = set.arms.map((arm) => arm.name);
  const text = `${LAYOUT}\n${JSON.stringify(arms)}\n${sumsText(set)}`;
  return `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.duckdb`;
};

/** A segment that is in the sums. */
export interface Known {
  readonly sha256: string;
  /** Its rows are here; otherwise they are read from the segment again, until enough of them wait to be worth writing. */
  readonly isKept: boolean;
}

/** What a look left behind: every outcome and exposure by unit, the segments they came from, and the sums. */
export class UnitState {
  readonly #database: Database;
  readonly #file: string;

  private constructor(database: Database, file: string) {
    this.#database = database;
    this.#file = file;
  }

  /** Throws EVIDENCE_UNREADABLE while another process has it open. What cannot be read is made again: it is derived. */
  static async open(database: Database, dir: string, set: MetricSet): Promise<UnitState> {
    await mkdir(dir, { recursive: true });
    const state = new UnitState(database, join(dir, stateName(set)));
    try {
      await state.#attach();
    } catch (cause) {
      if (/lock/i.test((cause as Error).message))
        throw unreadable(state.#file, 'another look has it open', cause);
      await state.#remove();
      await state.#attach();
    }
    return state;
  }

  async #attach(): Promise<void> {
    await this.#database.run(`ATTACH ${literal(this.#file)} AS state`);
    await this.#database.run(
      'CREATE TABLE IF NOT EXISTS state.segments (file VARCHAR, sha256 VARCHAR, is_kept BOOLEAN)',
    );
    await this.#database.run('CREATE TABLE IF NOT EXISTS state.sums (text VARCHAR)');
  }

  async #remove(): Promise<void> {
    for (const file of [this.#file, `${this.#file}.wal`]) await rm(file, { force: true });
  }

  /** Empty again, and the room on disk given back. */
  async clear(): Promise<void> {
    await this.#database.run('DETACH state');
    await this.#remove();
    await this.#attach();
  }

  async close(): Promise<void> {
    await this.#database.run('DETACH state');
  }

  /** By the segment's file. */
  async segments(): Promise<ReadonlyMap<string, Known>> {
    const rows = await this.#database.rows('SELECT * FROM state.segments');
    return new Map(
      rows.map((row) => [
        textOf(row, 'file'),
        { sha256: textOf(row, 'sha256'), isKept: row.is_kept === true },
      ]),
    );
  }

  async moments(): Promise<ArmMoments> {
    const [row] = await this.#database.rows('SELECT text FROM state.sums');
    return parse(row);
  }

  async has(kind: SegmentKind): Promise<boolean> {
    const rows = await this.#database.rows(
      "SELECT 1 FROM duckdb_tables() WHERE database_name = 'state' AND table_name = $kind",
      { kind },
    );
    return rows.length > 0;
  }

  /** Adds a relation's rows, marked with a batch by which they are found again; the table takes its types from the first. */
  async append(kind: SegmentKind, relation: string, batch: number): Promise<void> {
    const rows = `SELECT *, ${batch}::INTEGER AS batch FROM ${relation}`;
    const sql = (await this.has(kind))
      ? `INSERT INTO state.${kind} ${rows}`
      : `CREATE TABLE state.${kind} AS ${rows}`;
    await this.#database.run(sql);
  }

  /** The sums, and all segments that are in them. */
  async note(segments: ReadonlyMap<string, Known>, moments: ArmMoments): Promise<void> {
    const rows = [...segments]
      .map(([file, { sha256, isKept }]) => `(${literal(file)}, ${literal(sha256)}, ${isKept})`)
      .join(', ');
    await this.#database.run('DELETE FROM state.segments');
    if (rows !== '') await this.#database.run(`INSERT INTO state.segments VALUES ${rows}`);
    await this.#database.run('DELETE FROM state.sums');
    await this.#database.run('INSERT INTO state.sums VALUES ($text)', { text: textFor(moments) });
  }
}

/** Whole numbers past 2^53 travel as text. */
const textFor = (moments: ArmMoments): string =>
  JSON.stringify(moments, (_, value) => (typeof value === 'bigint' ? value.toString() : value));

function parse(row: Row | undefined): ArmMoments {
  if (row === undefined) return { arms: {}, crossed: 0n };
  const { arms, crossed } = JSON.parse(textOf(row, 'text')) as {
    arms: Record<string, { units: string; sums: string[]; squares: string[]; products: string[] }>;
    crossed: string;
  };
  const read = (m: (typeof arms)[string]): ExactMoments => ({
    units: BigInt(m.units),
    sums: m.sums.map(BigInt),
    squares: m.squares.map(BigInt),
    products: m.products.map(BigInt),
  });
  return {
    arms: Object.fromEntries(Object.entries(arms).map(([name, m]) => [name, read(m)])),
    crossed: BigInt(crossed),
  };
}
