import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { MIGRATIONS } from './migrations.ts';

/** What services act as: it reads and writes state, and only inserts into the audit log. */
export const SERVICE_ROLE = 'assay_service';

/** Any number; the same for everyone who migrates this schema. */
const MIGRATION_LOCK = 4_715_001;

/** Brings schema `assay` up to date, one process at a time. Answers whether the service role could be made. */
export async function migrate(client: Client): Promise<{ readonly hasServiceRole: boolean }> {
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('create schema if not exists assay');
    await client.query('create table if not exists assay.migration (name text primary key)');
    const done = await client.query<{ name: string }>('select name from assay.migration');
    const names = new Set(done.rows.map((row) => row.name));
    for (const { name, sql } of MIGRATIONS.filter((m) => !names.has(m.name))) {
      await client.query(sql);
      await client.query('insert into assay.migration values ($1)', [name]);
    }
    await client.query(`insert into assay.setting values ('unit_key', $1) on conflict do nothing`, [
      randomBytes(32),
    ]);
    const hasServiceRole = await grantServiceRole(client);
    await client.query('commit');
    return { hasServiceRole };
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** A hosted database may not let us make roles: the trigger alone guards the log then. */
async function grantServiceRole(client: Client): Promise<boolean> {
  const may = await client.query<{ may: boolean }>(
    'select rolsuper as may from pg_roles where rolname = current_user',
  );
  if (may.rows[0]?.may !== true) return false;
  const there = await client.query('select 1 from pg_roles where rolname = $1', [SERVICE_ROLE]);
  if (there.rowCount === 0) await client.query(`create role ${SERVICE_ROLE} nologin`);
  await client.query(`
    grant usage on schema assay to ${SERVICE_ROLE};
    grant select, insert, update, delete on all tables in schema assay to ${SERVICE_ROLE};
    revoke update, delete, truncate on assay.audit_log from ${SERVICE_ROLE};
    revoke update, delete, insert on assay.setting from ${SERVICE_ROLE};
    grant usage on all sequences in schema assay to ${SERVICE_ROLE};`);
  return true;
}
