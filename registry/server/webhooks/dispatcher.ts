import { setTimeout as delay } from 'node:timers/promises';
import { afterFailure } from '@assay/domain/webhook-retry';
import { tellLifecycle } from '@assay/registry-store/webhook-lifecycle';
import {
  type After,
  type Delivery,
  holdWebhook,
  type Lane,
  laneKey,
  nextOf,
  recordAttempt,
  trimLog,
  waitingLanes,
} from '@assay/registry-store/webhook-queue';
import type { WebhookSecrets } from '@assay/registry-store/webhook-secrets';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type pg from 'pg';
import { Counter, type Registry } from 'prom-client';
import type { WebhookConfig } from './config.ts';
import { asLeader } from './leader.ts';
import type { Posted } from './post.ts';
import { sendMessage } from './sender.ts';

/** Looks again without being told: a notice is lost with the connection that carried it. */
const LOOK_MS = 5_000;
const TRIM_MS = 60_000;
/** Requests on their way to one webhook; those of other webhooks are not counted, so that none waits for a slow one. */
const LANES_A_WEBHOOK = 4;

export interface DispatcherInput {
  readonly pool: pg.Pool;
  readonly config: WebhookConfig;
  readonly secrets: WebhookSecrets;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Registry;
}

/**
 * Delivers what is queued, until disposed: by one process at a time, each model's events to a webhook in order, at least once.
 * What is queued outlives any process.
 */
export function startDispatcher(input: DispatcherInput): AsyncDisposable {
  const stop = new AbortController();
  const attempts = new Counter({
    name: 'assay_webhook_attempts_total',
    help: 'Requests to receivers of webhooks',
    labelNames: ['outcome'],
    registers: [input.metrics],
  });
  const done = asLeader(input, stop.signal, async (signal, told) => {
    await using dispatch = new Dispatch(input, attempts, signal);
    for (let trimAtMs = 0; !signal.aborted; ) {
      if (Date.now() >= trimAtMs) {
        await trimLog(input.pool, input.config.keep);
        trimAtMs = Date.now() + TRIM_MS;
      }
      const next = told();
      const idleMs = await dispatch.look();
      if (!signal.aborted) await within(next, idleMs);
    }
  });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

/** Waits for a notice, but no longer than that. */
async function within(notice: Promise<void>, ms: number): Promise<void> {
  const told = new AbortController();
  const timer = delay(ms, undefined, { signal: told.signal }).catch(() => undefined);
  await Promise.race([notice, timer]);
  told.abort();
}

class Dispatch implements AsyncDisposable {
  readonly #input: DispatcherInput;
  readonly #attempts: Counter<'outcome'>;
  readonly #signal: AbortSignal;
  readonly #lanes = new Map<string, { readonly webhook: string; readonly done: Promise<void> }>();

  constructor(input: DispatcherInput, attempts: Counter<'outcome'>, signal: AbortSignal) {
    this.#input = input;
    this.#attempts = attempts;
    this.#signal = signal;
  }

  /** Starts a lane wherever one is due and answers how long nothing more is. */
  async look(): Promise<number> {
    const { pool } = this.#input;
    await this.#hearLifecycle();
    let soonestMs = Date.now() + LOOK_MS;
    for (const lane of await waitingLanes(pool, [...this.#lanes.keys()])) {
      if (lane.dueMs > Date.now()) soonestMs = Math.min(soonestMs, lane.dueMs);
      else if (this.#busy(lane.webhook) < LANES_A_WEBHOOK) this.#start(lane);
    }
    return Math.max(1, soonestMs - Date.now());
  }

  /** What cannot be read of the lifecycle now is read at the next look, and holds up nothing else. */
  async #hearLifecycle(): Promise<void> {
    try {
      while (await tellLifecycle(this.#input.pool));
    } catch (err) {
      this.#input.logger.warn({ err }, 'webhooks cannot read the states of the lifecycle; they try again');
    }
  }

  #busy(webhook: string): number {
    return [...this.#lanes.values()].filter((l) => l.webhook === webhook).length;
  }

  #start(lane: Lane): void {
    const key = laneKey(lane);
    const done = this.#drain(lane)
      .catch((err: unknown) => this.#input.logger.warn({ err, ...lane }, 'a webhook is tried again later'))
      .finally(() => this.#lanes.delete(key));
    this.#lanes.set(key, { webhook: lane.webhook, done });
  }

  /** One after another until nothing is due; then somebody else may have been waiting for the place. */
  async #drain(lane: Lane): Promise<void> {
    const { pool } = this.#input;
    for (;;) {
      const delivery = await nextOf(pool, lane, Date.now());
      if (delivery === undefined || this.#signal.aborted) break;
      await this.#attempt(delivery);
    }
    await pool.query(`SELECT pg_notify('assay_webhooks', '')`);
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { pool, logger } = this.#input;
    const atMs = Date.now();
    const sent = await this.#send(delivery);
    // Called off: still waiting, for the next process
    if (sent.status === null && this.#signal.aborted) return;
    const after = this.#after(delivery, sent);
    const { latencyMs, status, error } = sent;
    await recordAttempt(pool, delivery.id, { atMs, latencyMs, status, error }, after);
    if (sent.retryAfterMs !== undefined && error !== null)
      await holdWebhook(pool, delivery.webhook, Date.now() + sent.retryAfterMs);
    const outcome = after.kind === 'wait' ? 'failed' : after.kind;
    this.#attempts.inc({ outcome });
    const { webhook, id, event, model } = delivery;
    const facts = { webhook, delivery: id, event, model, status, latencyMs, error };
    if (after.kind === 'dead') logger.error(facts, 'a webhook delivery is given up; it can be queued anew');
    else if (error !== null) logger.warn(facts, 'a webhook delivery failed; it is tried again');
  }

  async #send({ webhook, secret, url, eventId, body }: Delivery): Promise<Posted> {
    const { secrets, config } = this.#input;
    const { policy, timeoutMs } = config;
    let opened: string | undefined;
    try {
      opened = secret === null ? undefined : secrets.open(webhook, secret);
    } catch (error) {
      // Never unsigned instead
      const { message, code } = error as Error & { code: string };
      return { status: null, error: `${message} (${code})`, body: '', latencyMs: 0, retryAfterMs: undefined };
    }
    const message = { url, secret: opened, id: eventId, body };
    return sendMessage(message, { policy, timeoutMs, signal: this.#signal });
  }

  #after({ attempts, queuedMs }: Delivery, { error, retryAfterMs }: Posted): After {
    if (error === null) return { kind: 'delivered' };
    const at = { queuedMs, nowMs: Date.now(), failures: attempts + 1, askedMs: retryAfterMs ?? 0 };
    return afterFailure(this.#input.config.retry, at, Math.random());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((l) => l.done));
  }
}

/** Lives as long as the server. */
export const startWithApp = (app: FastifyInstance, input: DispatcherInput): void => {
  let running: AsyncDisposable | undefined;
  app.addHook('onReady', async () => {
    running = startDispatcher(input);
  });
  app.addHook('onClose', async () => running?.[Symbol.asyncDispose]());
};
