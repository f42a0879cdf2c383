import { randomUUID } from 'node:crypto';
import { webhookEvents } from '@assay/domain/webhook-events';
import type { Row } from '@assay/registry-store/database';
import type { WebhookContext } from '@assay/registry-store/webhook-rows';
import { exampleOf } from './examples.ts';
import type { Posted } from './post.ts';
import { sendMessage } from './sender.ts';

/** Sends one example at once, signed as all are; its extension `assaytest` says that nothing happened. Throws what refuses it. */
export async function tryWebhook(
  { policy, secrets, nowMs }: WebhookContext,
  row: Row,
  asked: string | undefined,
  timeoutMs: number,
): Promise<Posted> {
  const [event = ''] = webhookEvents([asked ?? String((row.events as string[])[0])]);
  const id = randomUUID();
  const sealed = row.secret as Buffer | null;
  const message = {
    url: String(row.url),
    secret: sealed === null ? undefined : secrets.open(String(row.id), sealed),
    id,
    body: JSON.stringify(exampleOf(event, id, new Date(nowMs).toISOString())),
  };
  return sendMessage(message, { policy, timeoutMs, signal: new AbortController().signal });
}
