import { randomUUID } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import { isMlflowEvent, modelPattern, webhookEvents, webhookName } from '@assay/domain/webhook-events';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { invalid } from './faults.ts';
import { type Input, list, optionalText, pageSize, text } from './input.ts';
import { readToken, writeToken } from './page-token.ts';
import {
  MLFLOW_KNOWN,
  mayRead,
  mlflowEvents,
  mlflowRow,
  renderMlflow,
  statusOf,
  type WebhookContext,
  webhookRow,
} from './webhook-rows.ts';
import { assertTarget, webhookUrl } from './webhook-target.ts';

/** Undefined: stays as it is. */
export interface WebhookChange {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly description?: string | undefined;
  /** Empty: no signature. */
  readonly secret?: string | undefined;
  /** Null: all models. */
  readonly model?: string | null | undefined;
  readonly status?: string | undefined;
}

/** The rule's code and remedy go into the message: MLflow's body has no field for them. */
const asFault = (error: unknown): unknown =>
  error instanceof AssayError ? invalid(`${error.message} (${error.code}). ${error.remedy}`) : error;

/** The secret of Standard Webhooks is base64 behind a prefix; MLflow's is any text. */
const assertSecret = (secret: string): void => {
  const bytes = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const size = bytes === undefined ? 0 : Buffer.from(bytes, 'base64').length;
  if (secret.length > 1_000 || (secret.startsWith('whsec_') && (size < 24 || size > 64)))
    throw new AssayError(
      'WEBHOOK_INVALID',
      'Cannot keep the webhook: a secret has at most 1000 characters, and after "whsec_" base64 of 24 to 64 bytes',
      { field: 'secret' },
    );
};

const assertChange = async ({ policy }: WebhookContext, change: WebhookChange): Promise<void> => {
  try {
    if (change.name !== undefined) webhookName(change.name);
    if (change.events !== undefined) webhookEvents(change.events);
    if (change.model) modelPattern(change.model);
    if (change.secret) assertSecret(change.secret);
    if (change.url !== undefined) await assertTarget(webhookUrl(change.url), policy);
  } catch (error) {
    throw asFault(error);
  }
};

const columnsOf = ({ secrets }: WebhookContext, id: string, change: WebhookChange): Row => ({
  name: change.name,
  url: change.url,
  events: change.events && webhookEvents(change.events),
  description: change.description,
  secret: change.secret === undefined ? undefined : change.secret && secrets.seal(id, change.secret),
  model: change.model,
  pattern: change.model && modelPattern(change.model),
  status: change.status,
});

/** What waits is tried at once: the change may be what it waits for. */
const retryNow = async (db: Db, id: string): Promise<void> => {
  await db.query(`UPDATE webhook_deliveries SET next_at = 0 WHERE webhook_id = $1 AND state = 'waiting'`, [
    id,
  ]);
  await db.query(`SELECT pg_notify('assay_webhooks', '')`);
};

export const addWebhook = async (context: WebhookContext, given: WebhookChange): Promise<Row> => {
  await assertChange(context, given);
  const id = randomUUID();
  const { secret, pattern, ...columns } = columnsOf(context, id, given);
  const row = await one(
    context.pool,
    `INSERT INTO webhooks (id, name, url, events, description, secret, model, pattern, status, created, updated, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11) RETURNING *`,
    [
      id,
      columns.name,
      columns.url,
      columns.events,
      columns.description ?? null,
      secret || null,
      columns.model ?? null,
      pattern ?? null,
      columns.status ?? 'ACTIVE',
      context.nowMs,
      context.caller.subject,
    ],
  );
  return row ?? {};
};

export const changeWebhook = async (
  context: WebhookContext,
  id: string,
  change: WebhookChange,
): Promise<Row> => {
  await assertChange(context, change);
  const { secret, pattern, model, ...columns } = columnsOf(context, id, change);
  return transaction(context.pool, async (db) => {
    await webhookRow(db, id);
    const row = await one(
      db,
      `UPDATE webhooks SET name = coalesce($2, name), url = coalesce($3, url), events = coalesce($4, events),
         description = coalesce($5, description), status = coalesce($6, status), updated = $7, hold_until = 0,
         secret = CASE WHEN $8 THEN $9 ELSE secret END, model = CASE WHEN $10 THEN $11 ELSE model END,
         pattern = CASE WHEN $10 THEN $12 ELSE pattern END WHERE id = $1 RETURNING *`,
      [
        id,
        columns.name ?? null,
        columns.url ?? null,
        columns.events ?? null,
        columns.description ?? null,
        columns.status ?? null,
        context.nowMs,
        secret !== undefined,
        secret || null,
        model !== undefined,
        model ?? null,
        pattern ?? null,
      ],
    );
    await retryNow(db, id);
    return row ?? {};
  });
};

export const removeWebhook = async ({ pool }: WebhookContext, id: string): Promise<void> => {
  await webhookRow(pool, id);
  await pool.query('DELETE FROM webhooks WHERE id = $1', [id]);
};

export const createWebhook = async (context: WebhookContext, input: Input) => {
  const [name, url] = [text(input, 'name'), text(input, 'url')];
  if (list(input, 'events').length === 0) throw invalid("Missing value for required parameter 'events'.");
  const row = await addWebhook(context, {
    name,
    url,
    events: mlflowEvents(input),
    description: optionalText(input, 'description') || undefined,
    secret: optionalText(input, 'secret') || undefined,
    status: statusOf(input),
  });
  return { webhook: renderMlflow(row) };
};

export const getWebhook = async (context: WebhookContext, input: Input) => {
  mayRead(context);
  return { webhook: renderMlflow(await mlflowRow(context.pool, text(input, 'webhook_id'))) };
};

/** Newest first. */
export const listWebhooks = async (context: WebhookContext, input: Input) => {
  mayRead(context);
  const size = pageSize(Number(input.max_results) === 0 ? {} : input, 100, 1000);
  const before = readToken(optionalText(input, 'page_token'), ['webhooks'], ['int8'])?.[0] ?? null;
  const found = await rows(
    context.pool,
    'SELECT * FROM webhooks WHERE events && $1 AND ($2::bigint IS NULL OR seq < $2) ORDER BY seq DESC LIMIT $3',
    [MLFLOW_KNOWN, before, size + 1],
  );
  const page = found.slice(0, size);
  return {
    ...(page.length > 0 && { webhooks: page.map(renderMlflow) }),
    ...(found.length > size && { next_page_token: writeToken(['webhooks'], [page.at(-1)?.seq]) }),
  };
};

/** Events that MLflow has no names for stay as they are. */
export const updateWebhook = async (context: WebhookContext, input: Input) => {
  const id = text(input, 'webhook_id');
  const kept = ((await mlflowRow(context.pool, id)).events as string[]).filter((e) => !isMlflowEvent(e));
  const row = await changeWebhook(context, id, {
    name: optionalText(input, 'name') || undefined,
    url: optionalText(input, 'url') || undefined,
    events: list(input, 'events').length === 0 ? undefined : [...mlflowEvents(input), ...kept],
    description: optionalText(input, 'description'),
    secret: optionalText(input, 'secret'),
    status: statusOf(input),
  });
  return { webhook: renderMlflow(row) };
};

export const deleteWebhook = async (context: WebhookContext, input: Input) => {
  const id = text(input, 'webhook_id');
  await mlflowRow(context.pool, id);
  await removeWebhook(context, id);
  return {};
};
