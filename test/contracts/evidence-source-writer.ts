import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTCOME_COLUMNS, PREDICTION_COLUMNS } from '@assay/domain/evidence-schema';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export type Kind = 'predictions' | 'outcomes';
export type Fields = Readonly<Record<string, unknown>>;

const COLUMNS: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  predictions: PREDICTION_COLUMNS,
  outcomes: OUTCOME_COLUMNS,
};

/** Writes sealed evidence as a model server's sealer does, with DuckDB itself: Parquet first, manifest last. */
export class SealedEvidence {
  readonly dir: string;
  readonly #connection: DuckDBConnection;
  #files = 0;

  private constructor(dir: string, connection: DuckDBConnection) {
    this.dir = dir;
    this.#connection = connection;
  }

  static async in(dir: string): Promise<SealedEvidence> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    return new SealedEvidence(dir, await instance.connect());
  }

  /** Rows as objects of the schema's columns; absent ones are NULL. Bytes are given as hex. */
  async seal(kind: Kind, endpoint: string, rows: readonly Fields[], date = '2026-11-24'): Promise<string> {
    const source = join(this.dir, `rows-${this.#files}.json`);
    writeFileSync(source, JSON.stringify(rows));
    const columns = Object.entries(COLUMNS[kind]);
    const read = columns.map(([n, t]) => `${n}: '${t.replace('BLOB[]', 'VARCHAR[]')}'`).join(', ');
    const select = columns.map(([n, t]) =>
      t === 'BLOB[]' ? `list_transform(${n}, lambda h: unhex(h)) AS ${n}` : n,
    );
    const file = await this.sealQuery(
      kind,
      endpoint,
      `SELECT ${select.join(', ')} FROM read_json('${source}', columns = {${read}})`,
      rows.length,
      date,
    );
    rmSync(source);
    return file;
  }

  async sealQuery(
    kind: Kind,
    endpoint: string,
    query: string,
    rows: number,
    date = '2026-11-24',
  ): Promise<string> {
    const folder = join(this.dir, kind, `endpoint=${endpoint}`, `date=${date}`);
    mkdirSync(folder, { recursive: true });
    const name = `server-0-${String(this.#files++).padStart(6, '0')}`;
    const file = join(folder, `${name}.parquet`);
    await this.#connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
    this.writeManifest(file, kind, endpoint, date, rows);
    return file;
  }

  writeManifest(file: string, kind: Kind, endpoint: string, date: string, rows: number): void {
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    const manifest = {
      file: file.split('/').at(-1),
      kind,
      endpoint,
      date,
      rows,
      sha256,
      firstMs: 0,
      lastMs: 0,
    };
    writeFileSync(file.replace('.parquet', '.json'), JSON.stringify({ ...manifest, segment: 'none' }));
  }

  close(): void {
    this.#connection.closeSync();
  }
}

export const prediction = (fields: Fields): Fields => ({
  role: 'served',
  at_ms: 1_000,
  endpoint: 'e',
  sticky: true,
  model: 'm',
  version: '1',
  arm: 'champion',
  experiment: '',
  rollout: '',
  status: 'OK',
  latency_us: 100,
  guardrails: '[]',
  features: [],
  served: {},
  input_specs: '[]',
  input_bytes: [],
  output_specs: '[]',
  output_bytes: [],
  ...fields,
});

export const outcome = (fields: Fields): Fields => ({
  endpoint: 'e',
  decision_id: '',
  unit_key: '',
  occurred_at_ms: 2_000,
  received_at_ms: 2_001,
  metrics: {},
  labels: {},
  ...fields,
});
