import { one, type Row, rows } from './database.ts';
import { conflict, invalid } from './faults.ts';
import { type Input, list, optionalText, text, texts } from './input.ts';
import { int } from './json.ts';
import { deliveriesOf, redeliver } from './webhook-queue.ts';
import { mayRead, STATUSES, type WebhookContext, webhookRow } from './webhook-rows.ts';
import { addWebhook, changeWebhook, removeWebhook, type WebhookChange } from './webhooks.ts';

/** Assay's own door: all events by name, the filter by model, who made it, and how deliveries stand. */

const FIELDS = ['name', 'url', 'events', 'description', 'secret', 'model', 'status'];
const DELIVERY_STATES = ['waiting', 'delivered', 'dead'];

const changeIn = (input: Input): WebhookChange => {
  const unknown = Object.keys(input).find((key) => !FIELDS.includes(key) && key !== 'id');
  if (unknown !== undefined)
    throw invalid(`Unknown field ${JSON.stringify(unknown)} of a webhook: there are ${FIELDS.join(', ')}`);
  const status = optionalText(input, 'status');
  if (status !== undefined && !STATUSES.some((s) => s === status))
    throw invalid(`Invalid status ${JSON.stringify(status)} of a webhook: ${STATUSES.join(' or ')}`);
  return {
    name: optionalText(input, 'name'),
    url: optionalText(input, 'url'),
    events: 'events' in input ? texts(input, 'events') : undefined,
    description: optionalText(input, 'description'),
    secret: optionalText(input, 'secret'),
    model: input.model === null ? null : optionalText(input, 'model'),
    status,
  };
};

const COUNTS = `SELECT w.*, c.* FROM webhooks w CROSS JOIN LATERAL (SELECT
    count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'delivered') AS delivered,
    count(*) FILTER (WHERE state = 'dead') AS dead FROM webhook_deliveries d WHERE d.webhook_id = w.id) c`;

const view = (row: Row): Row => ({
  id: row.id,
  name: row.name,
  url: row.url,
  description: row.description,
  events: row.events,
  model: row.model,
  status: row.status,
  isSigned: row.secret !== null,
  heldUntilMs: Number(row.hold_until) > Date.now() ? Number(row.hold_until) : null,
  createdAtMs: int(row.created),
  updatedAtMs: int(row.updated),
  createdBy: row.created_by,
  waiting: int(row.waiting),
  delivered: int(row.delivered),
  dead: int(row.dead),
});

export const showWebhook = async (context: WebhookContext, input: Input): Promise<Row> => {
  mayRead(context);
  const id = text(input, 'id');
  await webhookRow(context.pool, id);
  return view((await one(context.pool, `${COUNTS} WHERE w.id = $1`, [id])) ?? {});
};

/** Oldest first. */
export const showWebhooks = async (context: WebhookContext): Promise<{ webhooks: readonly Row[] }> => {
  mayRead(context);
  return { webhooks: (await rows(context.pool, `${COUNTS} ORDER BY w.seq`)).map(view) };
};

export const makeWebhook = async (context: WebhookContext, input: Input): Promise<Row> => {
  const given = changeIn(input);
  text(input, 'name');
  text(input, 'url');
  const { id } = await addWebhook(context, { ...given, events: given.events ?? [] });
  return showWebhook(context, { id });
};

export const editWebhook = async (context: WebhookContext, input: Input): Promise<Row> => {
  const id = text(input, 'id');
  await changeWebhook(context, id, changeIn(input));
  return showWebhook(context, { id });
};

export const dropWebhook = async (context: WebhookContext, input: Input): Promise<Row> => {
  await removeWebhook(context, text(input, 'id'));
  return {};
};

const numberOf = (input: Input, name: string, limit: number): string | null => {
  const given = input[name] ?? null;
  if (given === null) return null;
  if (!/^\d{1,18}$/.test(String(given)) || Number(given) > limit)
    throw invalid(
      `Invalid value ${JSON.stringify(given)} for parameter '${name}': a whole number up to ${limit}`,
    );
  return String(given);
};

const delivery = (row: Row): Row => ({
  id: String(row.id),
  event: row.event,
  model: row.model,
  eventId: row.event_id,
  subject: row.subject,
  state: row.state,
  attempts: row.attempts,
  queuedAtMs: int(row.queued),
  finishedAtMs: row.finished === null ? null : int(row.finished),
  nextAtMs: row.state === 'waiting' ? int(row.next_at) : null,
  log: row.log,
});

/** Newest first; `before` is the id to read on from. */
export const showDeliveries = async (context: WebhookContext, input: Input) => {
  mayRead(context);
  const id = text(input, 'id');
  await webhookRow(context.pool, id);
  const state = optionalText(input, 'state') ?? null;
  if (state !== null && !DELIVERY_STATES.includes(state))
    throw invalid(`Invalid state ${JSON.stringify(state)} of deliveries: ${DELIVERY_STATES.join(', ')}`);
  const found = await deliveriesOf(context.pool, id, {
    state,
    before: numberOf(input, 'before', Number.MAX_SAFE_INTEGER),
    limit: Number(numberOf(input, 'limit', 1000) ?? 100),
  });
  return { deliveries: found.map(delivery) };
};

/** One ended delivery, or all dead ones, begin anew. */
export const queueAgain = async (context: WebhookContext, input: Input): Promise<{ queued: number }> => {
  const id = text(input, 'id');
  await webhookRow(context.pool, id);
  if (list(input, 'delivery').length === 0) return { queued: await redeliver(context.pool, id, null) };
  const asked = numberOf(input, 'delivery', Number.MAX_SAFE_INTEGER);
  const queued = await redeliver(context.pool, id, asked);
  if (queued === 0)
    throw conflict(
      `Cannot deliver ${asked} of webhook ${id} again: it waits already, or its log has no such delivery. List them: assay webhook deliveries ${id}`,
    );
  return { queued };
};
