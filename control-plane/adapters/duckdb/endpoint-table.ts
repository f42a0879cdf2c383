import { type Database, literal, numberOf } from './database.ts';
import { COLUMNS } from './ingest-columns.ts';
import {
  type EvidenceKind,
  listSealed,
  type ManifestEntry,
  type SealedFile,
  stampOf,
  unreadable,
  verify,
} from './sealed-files.ts';

/** Files read in one statement; a first look at a long history must not need them all at once. */
const BATCH = 64;

export interface Place {
  readonly evidenceDir: string;
  readonly endpoint: string;
  /** How often manifests that were read are held against the disk again. */
  readonly recheckMs: number;
}

/** Sealed files of one endpoint and kind as one table: each is verified and read once, so a look costs what is new. */
export class EndpointTable {
  readonly table: string;
  readonly #database: Database;
  readonly #evidenceDir: string;
  readonly #endpoint: string;
  readonly #kind: EvidenceKind;
  readonly #recheckMs: number;
  readonly #ingested = new Map<string, SealedFile>();
  #checkedAtMs = performance.now();

  constructor(database: Database, place: Place, kind: EvidenceKind, number: number) {
    this.table = `${kind}_${number}`;
    this.#database = database;
    this.#evidenceDir = place.evidenceDir;
    this.#endpoint = place.endpoint;
    this.#recheckMs = place.recheckMs;
    this.#kind = kind;
  }

  /** Parquet files behind the rows, for columns that the table does not hold. */
  get files(): readonly string[] {
    return [...this.#ingested.keys()];
  }

  /** Brings in what was sealed since the last call. Throws EVIDENCE_UNREADABLE; that batch then counts for nothing. */
  async refresh(fromDate: string): Promise<void> {
    await this.#database.run(`CREATE TABLE IF NOT EXISTS ${this.table} (${COLUMNS[this.#kind].table})`);
    const listed = await listSealed(this.#evidenceDir, this.#kind, this.#endpoint, fromDate);
    await this.#startOverWhenRewritten(listed, fromDate);
    const fresh = listed.filter((f) => !this.#ingested.has(f.parquet));
    for (let at = 0; at < fresh.length; at += BATCH) {
      await this.#ingest(await Promise.all(fresh.slice(at, at + BATCH).map(verify)));
    }
  }

  /** Erasure rewrites files; that is rare, and reading all again keeps the rest simple. */
  async #startOverWhenRewritten(listed: readonly ManifestEntry[], fromDate: string): Promise<void> {
    const there = new Set(listed.map((f) => f.parquet));
    const expected = [...this.#ingested.values()].filter((f) => dateOf(f.parquet) >= fromDate);
    const gone = expected.some((f) => !there.has(f.parquet));
    if (!gone && !(await this.#rewritten(expected))) return;
    await this.#database.run(`DELETE FROM ${this.table}`);
    this.#ingested.clear();
  }

  async #rewritten(files: readonly SealedFile[]): Promise<boolean> {
    if (performance.now() - this.#checkedAtMs < this.#recheckMs) return false;
    this.#checkedAtMs = performance.now();
    const now = await Promise.all(files.map(stampOf));
    return files.some((f, i) => f.stamp !== now[i]);
  }

  async #ingest(files: readonly SealedFile[]): Promise<void> {
    try {
      await this.#insert(files);
    } catch (cause) {
      const [only] = files;
      if (files.length === 1 && only) throw unreadable(only.parquet, (cause as Error).message, cause);
      // One statement reads many files: ask one by one which it was
      for (const file of files) await this.#ingest([file]);
    }
  }

  async #insert(files: readonly SealedFile[]): Promise<void> {
    const list = files.map((f) => literal(f.parquet)).join(', ');
    const { staged, insert } = COLUMNS[this.#kind];
    await this.#database.transaction(async () => {
      await this.#database.run(
        `CREATE OR REPLACE TEMP TABLE staged AS SELECT ${staged}
         FROM read_parquet([${list}], hive_partitioning = false)`,
      );
      const [counted] = await this.#database.rows('SELECT count(*) AS rows FROM staged');
      const promised = files.reduce((sum, f) => sum + f.rows, 0);
      const found = numberOf(counted, 'rows');
      if (found !== promised) throw new Error(`it has ${found} rows, its manifest says ${promised}`);
      await this.#database.run(insert(this.table));
      await this.#database.run('DROP TABLE staged');
    });
    for (const f of files) this.#ingested.set(f.parquet, f);
  }
}

const dateOf = (file: string): string => /[/\\]date=([^/\\]+)[/\\]/.exec(file)?.[1] ?? '';
