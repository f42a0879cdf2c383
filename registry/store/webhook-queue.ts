import type pg from 'pg';
import { type Db, one, type Row, rows } from './database.ts';

/** Who waits for a delivery: those of one model leave for one webhook one after another. */
export interface Lane {
  readonly webhook: string;
  readonly model: string;
}

export interface Delivery extends Lane {
  readonly id: string;
  readonly event: string;
  readonly url: string;
  /** Sealed; null: the webhook signs nothing. */
  readonly secret: Buffer | null;
  /** The CloudEvent as JSON text, the same at every attempt, and its id. */
  readonly body: string;
  readonly eventId: string;
  readonly queuedMs: number;
  readonly attempts: number;
}

/** One line of a delivery's log. */
export interface Attempt {
  readonly atMs: number;
  readonly latencyMs: number;
  /** Null: there was no answer. */
  readonly status: number | null;
  readonly error: string | null;
}

const LOG_LINES = 20;
const LANES_A_LOOK = 16;

export interface DueLane extends Lane {
  readonly dueMs: number;
}

/**
 * Lanes of which the first delivery waits, those due soonest first. No webhook can crowd out another one: each shows a few.
 */
export const waitingLanes = async (db: Db, busy: readonly string[]): Promise<readonly DueLane[]> => {
  const found = await rows(
    db,
    `SELECT * FROM (
       SELECT *, row_number() OVER (PARTITION BY webhook_id ORDER BY due, id) AS place FROM (
         SELECT DISTINCT ON (d.webhook_id, d.model) d.webhook_id, d.model, d.id, greatest(d.next_at, w.hold_until) AS due
         FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
         WHERE d.state = 'waiting' AND w.status = 'ACTIVE' ORDER BY d.webhook_id, d.model, d.id) heads
       WHERE webhook_id || '/' || model <> ALL ($1)) placed
     WHERE place <= ${LANES_A_LOOK} ORDER BY due, id`,
    [busy],
  );
  return found.map((r) => ({ webhook: String(r.webhook_id), model: String(r.model), dueMs: Number(r.due) }));
};

export const laneKey = ({ webhook, model }: Lane): string => `${webhook}/${model}`;

/** The first delivery of a lane, if it is due. */
export const nextOf = async (db: Db, lane: Lane, nowMs: number): Promise<Delivery | undefined> => {
  const row = await one(
    db,
    `SELECT d.id, d.event, d.message::text AS body, d.message->>'id' AS event_id, d.queued, d.attempts, d.next_at, w.url, w.secret, w.hold_until
     FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
     WHERE d.webhook_id = $1 AND d.model = $2 AND d.state = 'waiting' AND w.status = 'ACTIVE' ORDER BY d.id LIMIT 1`,
    [lane.webhook, lane.model],
  );
  if (row === undefined || Number(row.next_at) > nowMs || Number(row.hold_until) > nowMs) return undefined;
  return {
    ...lane,
    id: String(row.id),
    event: String(row.event),
    url: String(row.url),
    secret: row.secret as Buffer | null,
    body: String(row.body),
    eventId: String(row.event_id),
    queuedMs: Number(row.queued),
    attempts: Number(row.attempts),
  };
};

export type After =
  | { readonly kind: 'delivered' | 'dead' }
  | { readonly kind: 'wait'; readonly untilMs: number };

/** Writes an attempt down; one that was queued anew or deleted meanwhile keeps what it says now. */
export const recordAttempt = async (db: Db, id: string, attempt: Attempt, after: After): Promise<void> => {
  await db.query(
    `UPDATE webhook_deliveries SET attempts = attempts + 1, state = $2, next_at = $3, finished = $4,
       log = CASE WHEN jsonb_array_length(log) >= ${LOG_LINES} THEN log - 0 ELSE log END || $5::jsonb
     WHERE id = $1 AND state = 'waiting'`,
    [
      id,
      after.kind === 'wait' ? 'waiting' : after.kind,
      after.kind === 'wait' ? after.untilMs : 0,
      after.kind === 'wait' ? null : attempt.atMs + attempt.latencyMs,
      JSON.stringify([attempt]),
    ],
  );
};

/** A receiver that asks for a pause gets it for all that waits for it. */
export const holdWebhook = async (db: Db, webhook: string, untilMs: number): Promise<void> => {
  await db.query('UPDATE webhooks SET hold_until = greatest(hold_until, $2) WHERE id = $1', [
    webhook,
    untilMs,
  ]);
};

/** Keeps the newest delivered and the newest dead ones of each webhook. */
export const trimLog = async (pool: pg.Pool, keep: number): Promise<void> => {
  await pool.query(
    `DELETE FROM webhook_deliveries d USING (
       SELECT id, row_number() OVER (PARTITION BY webhook_id, state ORDER BY id DESC) AS place
       FROM webhook_deliveries WHERE state <> 'waiting') old WHERE d.id = old.id AND old.place > $1`,
    [keep],
  );
};

export const deliveriesOf = (
  db: Db,
  webhook: string,
  { state, before, limit }: { state: string | null; before: string | null; limit: number },
): Promise<Row[]> =>
  rows(
    db,
    `SELECT id, event, model, message->>'id' AS event_id, message->>'subject' AS subject, state, attempts, queued, finished, next_at, log
     FROM webhook_deliveries WHERE webhook_id = $1 AND ($2::text IS NULL OR state = $2)
       AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
    [webhook, state, before, limit],
  );

/** Queues ended deliveries anew, all dead ones where none is named. Answers how many. */
export const redeliver = async (pool: pg.Pool, webhook: string, delivery: string | null): Promise<number> => {
  const { rowCount } = await pool.query(
    `UPDATE webhook_deliveries SET state = 'waiting', next_at = 0, finished = NULL, attempts = 0,
       queued = floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
     WHERE webhook_id = $1 AND CASE WHEN $2::bigint IS NULL THEN state = 'dead' ELSE id = $2 AND state <> 'waiting' END`,
    [webhook, delivery],
  );
  if (rowCount !== 0) await pool.query(`SELECT pg_notify('assay_webhooks', '')`);
  return rowCount ?? 0;
};
