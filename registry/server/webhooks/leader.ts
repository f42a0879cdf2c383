import { setTimeout as delay } from 'node:timers/promises';
import { one } from '@assay/registry-store/database';
import type { FastifyBaseLogger } from 'fastify';
import type pg from 'pg';

const AGAIN_MS = 1_000;
const LOCK = 'assay.webhooks';
const TRY_LOCK = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine';
/** The registry's own notices, and those of the lifecycle's transitions. */
const CHANNELS = ['assay_webhooks', 'assay_events'];

/** `told` answers a promise that the next notice keeps. */
type Work = (signal: AbortSignal, told: () => Promise<void>) => Promise<void>;

/**
 * Works while this process alone holds the lock, which goes with its session: a dead process holds none. Begins again
 * when the connection is lost, until called off.
 */
export async function asLeader(
  { pool, logger }: { readonly pool: pg.Pool; readonly logger: FastifyBaseLogger },
  signal: AbortSignal,
  work: Work,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await lead(pool, signal, work);
    } catch (err) {
      if (!signal.aborted) logger.warn({ err }, 'webhooks pause: they need the database, and try again');
    }
    await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function lead(pool: pg.Pool, outer: AbortSignal, work: Work): Promise<void> {
  const client = await pool.connect();
  const lost = new AbortController();
  const signal = AbortSignal.any([outer, lost.signal]);
  let wake = (): void => undefined;
  client.on('notification', () => wake());
  client.on('error', () => lost.abort());
  signal.addEventListener('abort', () => wake());
  try {
    // Standing by: the process that has it may die at any moment
    while ((await one(client, TRY_LOCK, [LOCK]))?.mine !== true) await delay(AGAIN_MS, undefined, { signal });
    for (const channel of CHANNELS) await client.query(`LISTEN ${channel}`);
    const told = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      });
    await work(signal, told);
  } finally {
    // Not given back: it listens and may hold the lock
    client.release(true);
  }
}
