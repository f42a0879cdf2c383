import { createHmac } from 'node:crypto';

const hmac = (key: Buffer, id: string, second: number, body: string): string =>
  `v1,${createHmac('sha256', key).update(`${id}.${second}.${body}`).digest('base64')}`;

/**
 * Headers of a signed message: `webhook-*` of Standard Webhooks and `X-MLflow-*`, which sign the same text `id.seconds.body`.
 * They differ in the key alone: a secret "whsec_…" is base64 for the former and plain text for the latter, as their recipes have it.
 */
export const signatureHeaders = (
  secret: string | undefined,
  id: string,
  atMs: number,
  body: string,
): Record<string, string> => {
  const second = Math.floor(atMs / 1000);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(second),
    'x-mlflow-delivery-id': id,
    'x-mlflow-timestamp': String(second),
  };
  if (secret === undefined) return headers;
  const text = Buffer.from(secret);
  const standard = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : text;
  return {
    ...headers,
    'webhook-signature': hmac(standard, id, second, body),
    'x-mlflow-signature': hmac(text, id, second, body),
  };
};
