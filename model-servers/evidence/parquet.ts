import {
  BIGINT,
  BLOB,
  BOOLEAN,
  blobValue,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  MAP,
  mapValue,
  VARCHAR,
} from '@duckdb/node-api';
import type { Cell, Row } from './rows.ts';

const CHUNK_ROWS = 2048;

/** Of the column types in control-plane/domain/evidence-schema.ts: how DuckDB has them and how a cell becomes one. */
const TYPES: Readonly<Record<string, { type: DuckDBType; value: (cell: Cell) => DuckDBValue }>> = {
  VARCHAR: { type: VARCHAR, value: (c) => c as string },
  BOOLEAN: { type: BOOLEAN, value: (c) => c as boolean },
  DOUBLE: { type: DOUBLE, value: (c) => c as number },
  BIGINT: { type: BIGINT, value: (c) => c as bigint },
  'BLOB[]': { type: LIST(BLOB), value: (c) => listValue((c as readonly Uint8Array[]).map(blobValue)) },
  'DOUBLE[]': { type: LIST(DOUBLE), value: (c) => listValue([...(c as readonly number[])]) },
  'MAP(VARCHAR, DOUBLE)': {
    type: MAP(VARCHAR, DOUBLE),
    value: (c) =>
      mapValue(Object.entries(c as Record<string, number>).map(([key, value]) => ({ key, value }))),
  },
};

/** A DuckDB that only writes Parquet: one thread, little memory. */
export async function parquetWriter(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '256MB',
    preserve_insertion_order: 'true',
  });
  return instance.connect();
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Column by column, a chunk at a time; zstd. */
export async function writeParquet(
  connection: DuckDBConnection,
  columns: Readonly<Record<string, string>>,
  rows: readonly Row[],
  file: string,
): Promise<void> {
  const names = Object.keys(columns);
  const kinds = names.map((n) => {
    const kind = TYPES[columns[n] as string];
    if (kind === undefined) throw new TypeError(`column "${n}" has the unknown type ${columns[n]}`);
    return kind;
  });
  const ddl = names.map((n) => `${n} ${columns[n]}`).join(', ');
  await connection.run(`CREATE OR REPLACE TEMP TABLE sealing (${ddl})`);
  const appender = await connection.createAppender('sealing', null, 'temp');
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const part = rows.slice(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create(
      kinds.map((k) => k.type),
      part.length,
    );
    for (const [i, name] of names.entries()) {
      const { value } = kinds[i] as (typeof kinds)[number];
      chunk.setColumnValues(
        i,
        part.map((row) => {
          const cell = row[name] ?? null;
          return cell === null ? null : value(cell);
        }),
      );
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  await connection.run(`COPY sealing TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`);
  await connection.run('DROP TABLE sealing');
}
