import { AssayError } from '@assay/domain/errors';
import type { Context } from '@assay/registry-store/context';
import type { Row } from '@assay/registry-store/database';
import { invalid } from '@assay/registry-store/faults';
import { type Input, optionalText, text } from '@assay/registry-store/input';
import { mlflowEvent, mlflowRow, type WebhookContext, webhookRow } from '@assay/registry-store/webhook-rows';
import type { WebhookSecrets } from '@assay/registry-store/webhook-secrets';
import * as views from '@assay/registry-store/webhook-views';
import * as webhooks from '@assay/registry-store/webhooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebhookConfig } from './config.ts';
import type { Posted } from './post.ts';
import { tryWebhook } from './try-webhook.ts';

type Operation = (context: WebhookContext, input: Input) => Promise<object>;
type Row3 = readonly [method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, operation: Operation];

export interface WebhookScope {
  readonly contextOf: (request: FastifyRequest, writes: boolean) => Context;
  readonly config: WebhookConfig;
  readonly secrets: WebhookSecrets;
}

const tried = async (
  context: WebhookContext,
  row: Row,
  event: string | undefined,
  timeoutMs: number,
): Promise<Posted> => {
  try {
    return await tryWebhook(context, row, event, timeoutMs);
  } catch (error) {
    if (error instanceof AssayError) throw invalid(`${error.message} (${error.code}). ${error.remedy}`);
    throw error;
  }
};

/** MLflow's door: its own client makes, lists, changes, tries and deletes webhooks here unchanged. */
const mlflowDoor = (timeoutMs: number): readonly Row3[] => [
  ['POST', 'webhooks', webhooks.createWebhook],
  ['GET', 'webhooks', webhooks.listWebhooks],
  ['GET', 'webhooks/:webhook_id', webhooks.getWebhook],
  ['PATCH', 'webhooks/:webhook_id', webhooks.updateWebhook],
  ['DELETE', 'webhooks/:webhook_id', webhooks.deleteWebhook],
  [
    'POST',
    'webhooks/:webhook_id/test',
    async (context, input) => {
      const row = await mlflowRow(context.pool, text(input, 'webhook_id'));
      const event = input.event ? mlflowEvent(input.event as Input) : undefined;
      const { status, error, body } = await tried(context, row, event, timeoutMs);
      return {
        result: {
          success: error === null,
          ...(status !== null && { response_status: status, response_body: body }),
          ...(status === null && { error_message: `Failed to test webhook: ${error}` }),
        },
      };
    },
  ],
];

/** Assay's own door: events of the lifecycle, the filter by model, and the log of deliveries. */
const assayDoor = (timeoutMs: number): readonly Row3[] => [
  ['POST', 'webhooks', views.makeWebhook],
  ['GET', 'webhooks', views.showWebhooks],
  ['GET', 'webhooks/:id', views.showWebhook],
  ['PATCH', 'webhooks/:id', views.editWebhook],
  ['DELETE', 'webhooks/:id', views.dropWebhook],
  ['GET', 'webhooks/:id/deliveries', views.showDeliveries],
  ['POST', 'webhooks/:id/redeliver', views.queueAgain],
  [
    'POST',
    'webhooks/:id/test',
    async (context, input) => {
      const row = await webhookRow(context.pool, text(input, 'id'));
      const { retryAfterMs: _, ...answer } = await tried(
        context,
        row,
        optionalText(input, 'event'),
        timeoutMs,
      );
      return { success: answer.error === null, ...answer };
    },
  ],
];

export const webhookRoutes =
  ({ contextOf, config, secrets }: WebhookScope) =>
  async (app: FastifyInstance): Promise<void> => {
    const serve = (prefix: string, rows: readonly Row3[]): void => {
      for (const [method, path, operation] of rows)
        app.route({
          method,
          url: `${prefix}/${path}`,
          handler: (request) =>
            operation(
              { ...contextOf(request, method !== 'GET'), policy: config.policy, secrets },
              {
                ...(request.query as Input),
                ...((request.body ?? {}) as Input),
                ...(request.params as Input),
              },
            ),
        });
    };
    for (const prefix of ['/api/2.0/mlflow', '/ajax-api/2.0/mlflow'])
      serve(prefix, mlflowDoor(config.timeoutMs));
    serve('/api/assay/v1', assayDoor(config.timeoutMs));
  };
