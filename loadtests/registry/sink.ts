import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

type Type = 'text' | 'int8' | 'float8' | 'bool';
export type Value = string | number | boolean | null;
/** Column name → type, in the order of a row's values. */
export type Columns = Readonly<Record<string, Type>>;

/** Where rows are put in bulk, past the servers' own APIs. */
export interface Sink extends AsyncDisposable {
  insert(table: string, columns: Columns, rows: Iterable<readonly Value[]>): Promise<void>;
  /** Statistics for the planner, as autovacuum would make them in time. */
  settle(): Promise<void>;
}

const CHUNK = 5000;
function* chunks<T>(all: Iterable<T>): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of all) {
    chunk.push(item);
    if (chunk.length === CHUNK) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

export async function postgresSink(url: string): Promise<Sink> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    async insert(table, columns, rows) {
      const names = Object.keys(columns);
      const arrays = Object.values(columns).map((type, i) => `$${i + 1}::${type}[]`);
      const sql = `INSERT INTO ${table} (${names.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`;
      for (const chunk of chunks(rows))
        await client.query(
          sql,
          names.map((_, column) => chunk.map((row) => row[column])),
        );
    },
    settle: async () => void (await client.query('VACUUM ANALYZE')),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

export function sqliteSink(file: string): Sink {
  const database = new DatabaseSync(file, { timeout: 30_000 });
  return {
    async insert(table, columns, rows) {
      const names = Object.keys(columns);
      const marks = names.map(() => '?').join(', ');
      const statement = database.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`);
      database.exec('BEGIN IMMEDIATE');
      for (const row of rows) statement.run(...row.map((v) => (typeof v === 'boolean' ? Number(v) : v)));
      database.exec('COMMIT');
    },
    settle: async () => database.exec('ANALYZE'),
    [Symbol.asyncDispose]: async () => database.close(),
  };
}
