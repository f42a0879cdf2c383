import { isMlflowEvent, MLFLOW_EVENTS } from '@assay/domain/webhook-events';
import { type Context, compact } from './context.ts';
import { type Db, one, type Row } from './database.ts';
import { absent, invalid, RegistryFault } from './faults.ts';
import { choice, type Input, records } from './input.ts';
import { int } from './json.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';
import type { TargetPolicy } from './webhook-target.ts';

export interface WebhookContext extends Context {
  readonly policy: TargetPolicy;
  readonly secrets: WebhookSecrets;
}

export const STATUSES = ['ACTIVE', 'DISABLED'] as const;
/** Numbers of mlflow/protos/webhooks.proto: clients may send either. */
const ENTITIES = [
  '',
  'REGISTERED_MODEL',
  'MODEL_VERSION',
  'MODEL_VERSION_TAG',
  'MODEL_VERSION_ALIAS',
  'PROMPT',
  'PROMPT_VERSION',
  'PROMPT_TAG',
  'PROMPT_VERSION_TAG',
  'PROMPT_ALIAS',
  'BUDGET_POLICY',
];
const ACTIONS = ['', 'CREATED', 'UPDATED', 'DELETED', 'SET', 'EXCEEDED'];

const named = (input: Input, name: string, names: readonly string[]): string => {
  const given = choice(input, name);
  const found = given !== undefined && /^\d+$/.test(given) ? names[Number(given)] : given;
  if (!found || !names.includes(found))
    throw invalid(
      `Invalid value ${JSON.stringify(given ?? null)} for parameter '${name}': one of ${names.filter(Boolean).join(', ')}`,
    );
  return found;
};

export const statusOf = (input: Input): string | undefined =>
  choice(input, 'status') === undefined ? undefined : named(input, 'status', ['', ...STATUSES]);

/** One event as MLflow writes it. */
export const mlflowEvent = (event: Input): string =>
  `${named(event, 'entity', ENTITIES)}.${named(event, 'action', ACTIONS)}`.toLowerCase();

export const mlflowEvents = (input: Input): string[] => records(input, 'events').map(mlflowEvent);

/** As MLflow's client reads it: without events that it has no names for, and never with the secret. */
export const renderMlflow = (row: Row): Row =>
  compact({
    webhook_id: row.id,
    name: row.name,
    description: row.description || undefined,
    url: row.url,
    events: (row.events as string[]).filter(isMlflowEvent).map((event) => {
      const [entity = '', action = ''] = event.toUpperCase().split('.');
      return { entity, action };
    }),
    status: row.status,
    creation_timestamp: int(row.created),
    last_updated_timestamp: int(row.updated),
  });

export const webhookRow = async (db: Db, id: string): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM webhooks WHERE id = $1', [id]);
  if (row === undefined) throw absent(`Webhook with ID ${id} not found.`);
  return row;
};

/** MLflow's client cannot read a webhook without an event of its own. */
export const mlflowRow = async (db: Db, id: string): Promise<Row> => {
  const row = await webhookRow(db, id);
  if ((row.events as string[]).some(isMlflowEvent)) return row;
  throw absent(
    `Webhook with ID ${id} not found. It has only events that MLflow has no names for: GET /api/assay/v1/webhooks/${id}`,
  );
};

export const MLFLOW_KNOWN = [...MLFLOW_EVENTS];

/** An address may itself be a secret, so whoever only asks for predictions does not see it. */
export const mayRead = ({ caller }: Context): void => {
  if (caller.role === 'serving-client')
    throw new RegistryFault(
      'PERMISSION_DENIED',
      'Cannot show webhooks: role "serving-client" may not. Ask a data scientist',
    );
};
