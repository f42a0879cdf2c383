import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

export type Db = pg.Pool | pg.PoolClient;
export type Row = Record<string, unknown>;

/**
 * Schema `registry` comes first and alone: nothing of it may land in `public`. int8 stays text, so it is exact. What belongs
 * to a run is a handful of rows; at the cost of a disk's seeks the planner would read them by bitmaps, a fifth slower.
 */
export const openPool = (databaseUrl: string, max = 16): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    options: '-c search_path=registry -c random_page_cost=1.1',
  });
  // One that breaks between two statements of a transaction tells nobody else: unheard, it would end the process
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

/** A statement that a connection parses once; a name belongs to one text for ever. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

export const rows = async (
  db: Db,
  statement: string | Prepared,
  values: readonly unknown[] = [],
): Promise<Row[]> => {
  const query = typeof statement === 'string' ? { text: statement } : statement;
  return (await db.query({ ...query, values: [...values] })).rows as Row[];
};

export const one = async (
  db: Db,
  statement: string | Prepared,
  values: readonly unknown[] = [],
): Promise<Row | undefined> => (await rows(db, statement, values))[0];

const GONE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** The driver's own errors about a connection have no code. */
const LOST = /^(Connection terminated|timeout exceeded when trying to connect|Client .* is not queryable)/;

/** The database (or an S3 store) cannot be reached, is starting or stopping, or has no connection left: the same call may do well later. */
export const isAway = (error: unknown): boolean => {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  // Classes 08 and 53 of SQLSTATE: connections and resources; 57P01 to 57P03: shut down, crashed, starting
  if (typeof code === 'string') return GONE.has(code) || /^(08\w{3}|53\w{3}|57P0[123])$/.test(code);
  return typeof message === 'string' && LOST.test(message);
};

export const transaction = async <T>(pool: pg.Pool, work: (db: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A lost connection cannot roll back; it is thrown away and the server does it
    await client.query('ROLLBACK').catch((cause: Error) => {
      broken = cause;
    });
    throw error;
  } finally {
    client.release(broken);
  }
};

/** Brings the schema up to date; two processes that start together take turns by an advisory lock. */
export const migrate = async (pool: pg.Pool): Promise<void> => {
  const folder = new URL('./migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((f) => f.endsWith('.sql')).sort();
  await transaction(pool, async (db) => {
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('assay.registry'))`);
    await db.query('CREATE SCHEMA IF NOT EXISTS registry');
    await db.query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, at timestamptz DEFAULT now())',
    );
    const done = new Set((await rows(db, 'SELECT name FROM migrations')).map((r) => r.name));
    for (const file of files.filter((f) => !done.has(f))) {
      await db.query(await readFile(new URL(file, folder), 'utf8'));
      await db.query('INSERT INTO migrations (name) VALUES ($1)', [file]);
    }
  });
};

/** Opens and migrates: what the server and tests start with. */
export const openRegistryDatabase = async (databaseUrl: string): Promise<pg.Pool> => {
  const pool = openPool(databaseUrl);
  try {
    await migrate(pool);
    return pool;
  } catch (error) {
    await pool.end();
    throw error;
  }
};
