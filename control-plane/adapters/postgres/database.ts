import { AssayError } from '@assay/domain/errors';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { migrate, SERVICE_ROLE } from './migrate.ts';

/** Queries are written as SQL with typed rows, so the builder needs no table types. */
export type Database = Kysely<unknown>;
export type Tx = Transaction<unknown>;

/** Migrates, then opens a pool that acts as the restricted role where there is one. Throws UNREACHABLE. */
export async function openDatabase(url: string): Promise<Database> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
  } catch (cause) {
    throw new AssayError('UNREACHABLE', 'Cannot connect to PostgreSQL at DATABASE_URL', { cause });
  }
  const { hasServiceRole } = await migrateAndLeave(client);
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 10_000,
    ...(hasServiceRole && { options: `-c role=${SERVICE_ROLE}` }),
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process
  pool.on('error', () => undefined);
  // So does one that breaks between two statements of a transaction
  pool.on('connect', (connected) => connected.on('error', () => undefined));
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
}

async function migrateAndLeave(client: pg.Client): Promise<{ readonly hasServiceRole: boolean }> {
  try {
    return await migrate(client);
  } finally {
    await client.end();
  }
}
