import type pg from 'pg';
import type { ArtifactStore } from './artifacts.ts';
import type { Db, Row } from './database.ts';
import type { Tag } from './input.ts';

export interface Caller {
  readonly subject: string;
  readonly role: string;
}

/** What every operation of the registry is given. */
export interface Context {
  readonly pool: pg.Pool;
  readonly artifacts: ArtifactStore;
  readonly caller: Caller;
  readonly nowMs: number;
}

/** Leaves out what is unset or an empty list, as MLflow's answers do. */
export const compact = (value: Row): Row =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([, v]) => v !== undefined && v !== null && !(Array.isArray(v) && v.length === 0),
    ),
  );

/** Upserts keys of a table of tags whose other columns are `owner`. */
export const putTags = async (
  db: Db,
  table: string,
  owner: Readonly<Record<string, unknown>>,
  tags: readonly Tag[],
): Promise<void> => {
  if (tags.length === 0) return;
  const columns = Object.keys(owner);
  const keys = columns.length + 1;
  await db.query(
    `INSERT INTO ${table} (${columns.join(', ')}, key, value)
     SELECT ${columns.map((_, i) => `$${i + 1}`).join(', ')}, k, v FROM unnest($${keys}::text[], $${keys + 1}::text[]) AS t(k, v)
     ON CONFLICT (${columns.join(', ')}, key) DO UPDATE SET value = excluded.value`,
    [...Object.values(owner), tags.map((t) => t.key), tags.map((t) => t.value)],
  );
};

export const isUniqueViolation = (error: unknown): boolean =>
  (error as { code?: string } | null)?.code === '23505';
