import type { AuditEntry } from '@assay/domain/audit';
import { aliasMoves } from '@assay/domain/gated-alias';
import type { Change, GovernedAlias, StateAt } from '@assay/domain/ports/control-store';
import { sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { readRelease } from './reads.ts';

interface Recorded {
  readonly kind: StateAt['kind'];
  readonly model: string;
  readonly version: string | null;
  readonly alias: string | null;
  readonly state: unknown;
}

/** Writes what a transition brought into force beside its audit row; the caller holds the write lock. */
export async function recordStates(tx: Tx, changes: readonly Change[], entry: AuditEntry): Promise<void> {
  for (const change of changes) {
    // A step within a stage (one more canary weight) is no new stage
    for (const r of await recorded(tx, change, entry.atMs))
      await sql`insert into assay.state_history (kind, model, version, alias, state, at_ms, sequence)
        select ${r.kind}, ${r.model}, ${r.version}, ${r.alias}, ${JSON.stringify(r.state)}::jsonb, ${entry.atMs}::bigint,
          ${entry.sequence}::bigint
        where ${r.kind} <> 'stage' or (select state from assay.state_history
          where kind = 'stage' and model = ${r.model} and version = ${r.version} order by n desc limit 1)
          is distinct from ${JSON.stringify(r.state)}::jsonb`.execute(tx);
  }
}

async function recorded(tx: Tx, change: Change, atMs: number): Promise<readonly Recorded[]> {
  switch (change.kind) {
    case 'stage': {
      const { model, version, stage } = change;
      const moves = await moveAliases(tx, change, atMs);
      return [{ kind: 'stage', model, version, alias: null, state: stage }, ...moves];
    }
    case 'release-open': {
      const { model, version, state } = change.release;
      return [{ kind: 'release', model, version, alias: null, state }];
    }
    case 'release': {
      const { model, version } = await readRelease(tx, change.id);
      return [{ kind: 'release', model, version, alias: null, state: change.state }];
    }
    default:
      return [];
  }
}

/** The aliases that ought to be in force follow the stage in the same transaction; the registry mirrors them later. */
async function moveAliases(
  tx: Tx,
  { model, version, stage }: Extract<Change, { kind: 'stage' }>,
  atMs: number,
): Promise<readonly Recorded[]> {
  const { rows } = await sql<{ alias: string; version: string | null }>`
    select alias, version from assay.gated_alias where model = ${model}`.execute(tx);
  const held = Object.fromEntries(rows.map((r) => [r.alias, r.version]));
  const moves = aliasMoves(held, version, stage);
  for (const move of moves)
    await sql`insert into assay.gated_alias values (${model}, ${move.alias}, ${move.version}, ${atMs})
      on conflict (model, alias) do update set version = excluded.version, since_ms = excluded.since_ms`.execute(
      tx,
    );
  return moves.map((m) => ({ kind: 'alias', model, version: m.version, alias: m.alias, state: null }));
}

interface StateRow {
  readonly kind: StateAt['kind'];
  readonly version: string | null;
  readonly alias: string | null;
  readonly state: unknown;
  readonly at_ms: string;
  readonly sequence: string | null;
  readonly actor_kind: string | null;
  readonly actor_id: string | null;
  readonly event: string | null;
  readonly reason: string | null;
}

/** What was in force at an instant, one row a version's stage, a version's release and an alias. */
export async function readStates(db: Database, model: string, atMs: number): Promise<readonly StateAt[]> {
  const { rows } = await sql<StateRow>`
    select distinct on (h.kind, coalesce(h.alias, h.version)) h.kind, h.version, h.alias, h.state, h.at_ms, h.sequence,
      a.actor_kind, a.actor_id, a.event, a.reason
    from assay.state_history h left join assay.audit_log a using (sequence)
    where h.model = ${model} and h.at_ms <= ${atMs}
    order by h.kind, coalesce(h.alias, h.version), h.n desc`.execute(db);
  return rows.map((r) => ({
    kind: r.kind,
    version: r.version,
    alias: r.alias,
    state: r.state,
    sinceMs: Number(r.at_ms),
    sequence: r.sequence === null ? null : Number(r.sequence),
    by: r.actor_id === null ? null : `${r.actor_kind} ${r.actor_id}`,
    event: r.event,
    why: r.reason ?? 'in force before history was kept',
  }));
}

export async function readGatedAliases(db: Database): Promise<readonly GovernedAlias[]> {
  const { rows } = await sql<{ model: string; alias: string; version: string | null; since_ms: string }>`
    select model, alias, version, since_ms from assay.gated_alias order by model, alias`.execute(db);
  return rows.map((r) => ({
    model: r.model,
    alias: r.alias,
    version: r.version,
    sinceMs: Number(r.since_ms),
  }));
}

/** How far a reader of the outbox has come; 0 at first. */
export async function readFeedCursor(db: Database, reader: string): Promise<number> {
  const { rows } = await sql<{ position: string }>`
    select position from assay.feed_cursor where reader = ${reader}`.execute(db);
  return Number(rows[0]?.position ?? 0);
}

export async function saveFeedCursor(db: Database, reader: string, position: number): Promise<void> {
  await sql`insert into assay.feed_cursor values (${reader}, ${position})
    on conflict (reader) do update set position = greatest(feed_cursor.position, excluded.position)`.execute(
    db,
  );
}
