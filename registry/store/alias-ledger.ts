import { GATED_ALIASES, isGated } from '@assay/domain/gated-alias';
import type { Caller, Context } from './context.ts';
import { type Db, one } from './database.ts';
import { RegistryFault } from './faults.ts';

/**
 * Says for the rest of the transaction who changes aliases and why; the trigger of migrations/010 writes it into
 * `alias_history`. An alias that changes without this is taken for a direct write and put back.
 */
export const actAs = async (db: Db, { subject, role }: Caller, reason: string): Promise<void> => {
  await db.query("SELECT set_config('assay.actor', $1, true)", [JSON.stringify({ subject, role, reason })]);
};

/** Remembers who edited a version: they cannot approve its release. Assay's own services edit nothing of substance. */
export const noteEdit = async (
  db: Db,
  { subject, role }: Caller,
  { name, version, nowMs, what }: { name: string; version: number; nowMs: number; what: string },
): Promise<void> => {
  if (role === 'service') return;
  await db.query(
    'INSERT INTO version_edits (name, version, at, by_subject, what) VALUES ($1, $2, $3, $4, $5)',
    [name, version, nowMs, subject, what],
  );
};

/** Only Assay's own services carry out releases. */
export const carriesOutReleases = (caller: Caller): boolean => caller.role === 'service';

/**
 * What the release flow moves an alias for: the newest transition that said what the alias ought to name, with who and why.
 * Undefined for others' moves and aliases, and where no control plane uses this database.
 */
export const carriedOutBy = async (
  db: Db,
  { caller }: Pick<Context, 'caller'>,
  name: string,
  alias: string,
): Promise<string | undefined> => {
  if (!isGated(alias) || !carriesOutReleases(caller)) return undefined;
  const control = await one(db, `SELECT to_regclass('assay.state_history') IS NOT NULL AS there`);
  if (control?.there !== true) return undefined;
  const said = await one(
    db,
    `SELECT a.event, a.actor_kind, a.actor_id, a.reason FROM assay.state_history h JOIN assay.audit_log a USING (sequence)
     WHERE h.kind = 'alias' AND h.model = $1 AND h.alias = $2 ORDER BY h.n DESC LIMIT 1`,
    [name, alias],
  );
  return said && `${said.event} by ${said.actor_kind} ${said.actor_id}: ${said.reason}`;
};

export const refuseGated = (alias: string, name: string): never => {
  throw new RegistryFault(
    'PERMISSION_DENIED',
    `Cannot take alias "${alias}" of model "${name}" away by hand: it follows the release. Ask for another version (assay release request, POST /api/v1/releases), or abort the one in progress (assay release abort)`,
  );
};

/** Deleting or renaming what customers are served by would move a gated alias through the back door. */
export const refuseServed = async (db: Db, caller: Caller, name: string, version?: number): Promise<void> => {
  if (carriesOutReleases(caller)) return;
  const held = await one(
    db,
    'SELECT alias FROM aliases WHERE name = $1 AND alias = ANY($2) AND ($3::int IS NULL OR version = $3)',
    [name, [...GATED_ALIASES], version ?? null],
  );
  if (held !== undefined) refuseGated(String(held.alias), name);
};
