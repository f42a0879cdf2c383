import type { Stage } from '@assay/domain/model-version';
import { hasEnded, type ReleaseState, releaseId, standing } from '@assay/domain/release';
import type { WebhookEvent } from '@assay/domain/webhook-events';
import type pg from 'pg';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { tellWebhooks } from './webhook-outbox.ts';

const READER = 'lifecycle';
const PAGE = 500;

/**
 * Tells webhooks what the control plane brought into force. Its `assay.state_history` is written in the transaction of each
 * transition, in order and by one writer at a time, so that reading on from a place misses nothing; the place moves in the
 * transaction that queues, so that nothing is queued twice. Answers whether there may be more.
 */
export const tellLifecycle = (pool: pg.Pool): Promise<boolean> =>
  transaction(pool, async (db) => {
    const there = await one(db, `SELECT to_regclass('assay.state_history') IS NOT NULL AS there`);
    if (there?.there !== true) return false;
    await db.query('INSERT INTO webhook_cursors VALUES ($1, 0) ON CONFLICT DO NOTHING', [READER]);
    const cursor = await one(db, 'SELECT position FROM webhook_cursors WHERE reader = $1 FOR UPDATE', [
      READER,
    ]);
    const found = await changesAfter(db, String(cursor?.position));
    for (const change of found) for (const event of eventsOf(change)) await tell(db, change, event);
    const last = found.at(-1)?.n;
    if (last !== undefined)
      await db.query('UPDATE webhook_cursors SET position = $2 WHERE reader = $1', [READER, last]);
    return found.length === PAGE;
  });

const changesAfter = (db: Db, position: string): Promise<Row[]> =>
  rows(
    db,
    `SELECT h.*, a.event, a.actor_kind, a.actor_id, a.reason, r.endpoint, (SELECT b.state FROM assay.state_history b
       WHERE b.kind = 'stage' AND h.kind = 'stage' AND b.model = h.model AND b.version = h.version AND b.n < h.n ORDER BY b.n DESC LIMIT 1) AS before
     FROM assay.state_history h JOIN assay.audit_log a USING (sequence)
     LEFT JOIN assay.release r ON r.model = h.model AND r.version = h.version
     WHERE h.n > $1 AND h.kind IN ('stage', 'release') ORDER BY h.n LIMIT ${PAGE}`,
    [position],
  );

interface Told {
  readonly event: WebhookEvent;
  readonly says: Row;
}

function eventsOf(change: Row): readonly Told[] {
  return change.kind === 'stage'
    ? stageEvents(change.state as Stage, change.before as Stage | null)
    : releaseEvents(change);
}

function stageEvents(state: Stage, before: Stage | null): readonly Told[] {
  const says = { state, previous_state: before, quarantined: state === 'rolled-back' };
  const changed: Told = { event: 'model_version_state.changed', says };
  if (state === 'rolled-back') return [changed, { event: 'model_version.quarantined', says }];
  return before === 'rolled-back' ? [changed, { event: 'model_version.unquarantined', says }] : [changed];
}

function releaseEvents({ model, version, state, endpoint }: Row): readonly Told[] {
  const at = state as ReleaseState;
  const release = releaseId(String(model), String(version));
  const says: Row = {
    release,
    endpoint,
    state: at.kind,
    standing: standing(at),
    gate: 'gate' in at ? at.gate : null,
  };
  const changed: Told = { event: 'release.changed', says };
  return hasEnded(at) ? [changed, { event: 'release.finished', says }] : [changed];
}

const tell = (db: Db, change: Row, { event, says }: Told): Promise<void> => {
  const [name, version] = [String(change.model), String(change.version)];
  return tellWebhooks(db, {
    event,
    model: name,
    subject: `${name}/${version}`,
    atMs: Number(change.at_ms),
    origin: 'lifecycle',
    data: {
      name,
      version,
      ...says,
      by: change.actor_id,
      role: change.actor_kind,
      why: change.reason,
      audit_event: change.event,
      audit_sequence: Number(change.sequence),
    },
  });
};
