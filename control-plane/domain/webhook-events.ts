import { AssayError } from './errors.ts';

/** MLflow's own names, which its client knows: entity and the actions that happen in this registry. */
export const MLFLOW_EVENTS = [
  'registered_model.created',
  'model_version.created',
  'model_version_tag.set',
  'model_version_tag.deleted',
  'model_version_alias.created',
  'model_version_alias.deleted',
  'prompt.created',
  'prompt_version.created',
  'prompt_tag.set',
  'prompt_tag.deleted',
  'prompt_version_tag.set',
  'prompt_version_tag.deleted',
  'prompt_alias.created',
  'prompt_alias.deleted',
] as const;

/** What only Assay knows: the lifecycle's states and releases. MLflow's client cannot read these names. */
export const LIFECYCLE_EVENTS = [
  'model_version_state.changed',
  'model_version.quarantined',
  'model_version.unquarantined',
  'release.changed',
  'release.finished',
] as const;

export const WEBHOOK_EVENTS = [...MLFLOW_EVENTS, ...LIFECYCLE_EVENTS] as const;
export type MlflowEvent = (typeof MLFLOW_EVENTS)[number];
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export const isMlflowEvent = (event: string): event is MlflowEvent =>
  (MLFLOW_EVENTS as readonly string[]).includes(event);

const isEvent = (event: string): event is WebhookEvent =>
  (WEBHOOK_EVENTS as readonly string[]).includes(event);

/** Each event once, in alphabetical order. Throws WEBHOOK_INVALID for none, and for one that never happens here. */
export function webhookEvents(given: readonly string[]): readonly WebhookEvent[] {
  if (given.length === 0)
    throw new AssayError('WEBHOOK_INVALID', 'Cannot keep the webhook: it names no event', {
      field: 'events',
    });
  return [...new Set(given)].sort().map((event) => {
    if (isEvent(event)) return event;
    throw new AssayError(
      'WEBHOOK_INVALID',
      `Cannot keep the webhook: "${event}" is no event of this registry; there are ${WEBHOOK_EVENTS.join(', ')}`,
      { field: 'events' },
    );
  });
}

/** MLflow's rule. Throws WEBHOOK_INVALID. */
export function webhookName(name: string): string {
  if (/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i.test(name)) return name;
  throw new AssayError(
    'WEBHOOK_INVALID',
    `Cannot keep the webhook: its name ${JSON.stringify(name)} must be 1 to 63 letters, digits, ".", "_" and "-", and begin and end with a letter or digit`,
    { field: 'name' },
  );
}

/** A filter on model names, "*" for any run of characters, as a LIKE pattern of SQL. Throws WEBHOOK_INVALID. */
export function modelPattern(filter: string): string {
  if (filter === '' || filter.length > 256 || /[/:]/.test(filter))
    throw new AssayError(
      'WEBHOOK_INVALID',
      `Cannot keep the webhook: its model filter ${JSON.stringify(filter)} must be a model's name, in which "*" stands for any characters`,
      { field: 'model' },
    );
  return filter.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}
