import { type AuditEntry, type AuditStatement, auditHash, GENESIS_HASH } from '@assay/domain/audit';
import type { Json } from '@assay/domain/canonical-json';
import { sql } from 'kysely';
import type { Database, Tx } from './database.ts';

/** Any number; whoever writes control state holds it until commit, so that sequence and routes have no gap. */
const WRITE_LOCK = 4_715_002;

/** One writer at a time: one lock instead of many cannot deadlock. */
export async function lockWrites(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${WRITE_LOCK})`.execute(tx);
}

export async function databaseNowMs(tx: Tx): Promise<number> {
  const { rows } = await sql<{
    ms: string;
  }>`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms`.execute(tx);
  return Number(rows[0]?.ms);
}

interface AuditRow {
  readonly sequence: string;
  readonly at_ms: string;
  readonly previous_hash: string;
  readonly hash: string;
  readonly decision: string;
  readonly event: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly reason: string;
  readonly evidence: Json;
}

const toEntry = (row: AuditRow): AuditEntry => ({
  sequence: Number(row.sequence),
  atMs: Number(row.at_ms),
  previousHash: row.previous_hash,
  hash: row.hash,
  decision: row.decision,
  event: row.event,
  actor: { kind: row.actor_kind as AuditEntry['actor']['kind'], id: row.actor_id },
  reason: row.reason,
  evidence: row.evidence,
});

export async function entryOfKey(db: Database, key: string): Promise<AuditEntry | undefined> {
  const { rows } = await sql<AuditRow>`select * from assay.audit_log where key = ${key}`.execute(db);
  return rows[0] && toEntry(rows[0]);
}

export async function entriesOf(db: Database, decision: string): Promise<readonly AuditEntry[]> {
  const { rows } =
    await sql<AuditRow>`select * from assay.audit_log where decision = ${decision} order by sequence`.execute(
      db,
    );
  return rows.map(toEntry);
}

/** A page of the chain, in order. */
export async function entriesAfter(
  db: Database,
  sequence: number,
  limit: number,
): Promise<readonly AuditEntry[]> {
  const { rows } =
    await sql<AuditRow>`select * from assay.audit_log where sequence > ${sequence} order by sequence limit ${limit}`.execute(
      db,
    );
  return rows.map(toEntry);
}

/** Appends the row with its outbox row; the caller holds the write lock. */
export async function appendAudit(
  tx: Tx,
  statement: AuditStatement,
  key: string | null,
  atMs: number,
): Promise<AuditEntry> {
  const head = await sql<{
    sequence: string;
    hash: string;
  }>`select sequence, hash from assay.audit_log order by sequence desc limit 1`.execute(tx);
  const sequence = Number(head.rows[0]?.sequence ?? 0) + 1;
  const previousHash = head.rows[0]?.hash ?? GENESIS_HASH;
  const hash = auditHash(sequence, atMs, previousHash, statement);
  const { decision, event, actor, reason, evidence } = statement;
  await sql`insert into assay.audit_log
    (sequence, at_ms, previous_hash, hash, key, decision, event, actor_kind, actor_id, reason, evidence)
    values (${sequence}, ${atMs}, ${previousHash}, ${hash}, ${key}, ${decision}, ${event}, ${actor.kind}, ${actor.id},
      ${reason}, ${JSON.stringify(evidence)}::json)`.execute(tx);
  await sql`insert into assay.outbox values (${sequence}, 'audit', ${decision}, ${event}, ${atMs})`.execute(
    tx,
  );
  await sql`select pg_notify('assay_events', ${String(sequence)})`.execute(tx);
  return { ...statement, sequence, atMs, previousHash, hash };
}
