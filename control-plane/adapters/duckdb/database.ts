import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';

export type Row = Readonly<Record<string, unknown>>;
export type Params = Readonly<Record<string, DuckDBValue>>;

export interface DatabaseOptions {
  /** Two cores serve everything: looks are small and must not starve predictions. */
  readonly threads: number;
  readonly memoryLimit: string;
  /** Where DuckDB may put what does not fit; nothing in it outlives the process. */
  readonly spillDir: string;
}

/** One in-memory DuckDB; statements run one after another, which one connection needs. */
export class Database implements AsyncDisposable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open({ threads, memoryLimit, spillDir }: DatabaseOptions): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: memoryLimit,
      temp_directory: spillDir,
      // Extensions would be downloaded at run time; what is needed here is built in.
      autoinstall_known_extensions: 'false',
    });
    return new Database(instance, await instance.connect());
  }

  async run(sql: string, params: Params = {}): Promise<void> {
    await this.#connection.run(sql, params);
  }

  async rows(sql: string, params: Params = {}): Promise<readonly Row[]> {
    const reader = await this.#connection.runAndReadAll(sql, params);
    return reader.getRowObjectsJS();
  }

  /** All statements or none. */
  async transaction(work: () => Promise<void>): Promise<void> {
    await this.run('BEGIN');
    try {
      await work();
      await this.run('COMMIT');
    } catch (cause) {
      await this.run('ROLLBACK');
      throw cause;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** Text as an SQL literal: for lists of files, which cannot be parameters. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A number of a result row; BIGINT comes as bigint. Null, and what is not there, is undefined. */
export function numberOf(row: Row | undefined, column: string): number | undefined {
  const value = row?.[column];
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

export const textOf = (row: Row, column: string): string => String(row[column] ?? '');
