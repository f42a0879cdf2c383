import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

export type Db = pg.Pool | pg.PoolClient;
export type Row = Record<string, unknown>;

/** Schema `registry` comes first and alone: nothing of it may land in `public`. int8 stays text, so it is exact. */
export const openPool = (databaseUrl: string, max = 16): pg.Pool =>
  new pg.Pool({ connectionString: databaseUrl, max, options: '-c search_path=registry' });

export const rows = async (db: Db, text: string, values: readonly unknown[] = []): Promise<Row[]> =>
  (await db.query(text, [...values])).rows as Row[];

export const one = async (db: Db, text: string, values: readonly unknown[] = []): Promise<Row | undefined> =>
  (await rows(db, text, values))[0];

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
