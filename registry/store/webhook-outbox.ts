import type { WebhookEvent } from '@assay/domain/webhook-events';
import type { Caller } from './context.ts';
import type { Db, Row } from './database.ts';
import type { Tag } from './input.ts';
import { isPromptTag } from './prompts.ts';

export interface Happening {
  readonly event: WebhookEvent;
  readonly model: string;
  /** What of the model: `name`, `name/version`, `name@alias`. */
  readonly subject: string;
  readonly data: Row;
  readonly atMs: number;
  readonly origin?: 'registry' | 'lifecycle';
}

/**
 * Queues an event for every webhook that wants it, in the caller's transaction. Changes of aliases need no call: the trigger
 * of migrations/060 tells them from their history.
 */
export const tellWebhooks = async (
  db: Db,
  { event, model, subject, data, atMs, origin = 'registry' }: Happening,
): Promise<void> => {
  await db.query('SELECT queue_webhooks($1, $2, $3, $4, $5, $6)', [
    event,
    model,
    subject,
    JSON.stringify(data),
    atMs,
    origin,
  ]);
};

/** Tags by which MLflow marks a prompt: its events leave them out. */
const INTERNAL = ['mlflow.prompt.is_prompt', '_mlflow_prompt_type', 'mlflow.prompt.text'];

const byKey = (tags: readonly Tag[], without: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(tags.filter((t) => !without.includes(t.key)).map((t) => [t.key, t.value]));

interface By {
  readonly caller: Caller;
  readonly nowMs: number;
}

export const tellModelCreated = (
  db: Db,
  { caller, nowMs }: By,
  made: { readonly name: string; readonly tags: readonly Tag[]; readonly description: string },
): Promise<void> => {
  const { name, description } = made;
  const isPrompt = made.tags.some(isPromptTag);
  const tags = isPrompt ? byKey(made.tags, INTERNAL.slice(0, 2)) : byKey(made.tags);
  return tellWebhooks(db, {
    event: isPrompt ? 'prompt.created' : 'registered_model.created',
    model: name,
    subject: name,
    data: { name, tags, description, by: caller.subject, role: caller.role },
    atMs: nowMs,
  });
};

export const tellVersionCreated = (
  db: Db,
  { caller, nowMs }: By,
  { name, version, source, runId, tags, description }: VersionMade,
): Promise<void> => {
  const isPrompt = tags.some(isPromptTag);
  const said = { name, version: String(version), description: description || null };
  const data = isPrompt
    ? {
        ...said,
        template: tags.find((t) => t.key === INTERNAL[2])?.value ?? null,
        tags: byKey(tags, INTERNAL),
      }
    : { ...said, source, run_id: runId || null, tags: byKey(tags) };
  return tellWebhooks(db, {
    event: isPrompt ? 'prompt_version.created' : 'model_version.created',
    model: name,
    subject: `${name}/${version}`,
    data: { ...data, by: caller.subject, role: caller.role },
    atMs: nowMs,
  });
};

interface VersionMade {
  readonly name: string;
  readonly version: number;
  readonly source: string;
  readonly runId: string;
  readonly tags: readonly Tag[];
  readonly description: string;
}

/** A tag that was set (with its value) or deleted (without). */
export const tellVersionTag = (
  db: Db,
  { caller, nowMs }: By,
  of: { readonly name: string; readonly version: number; readonly key: string; readonly value?: string },
): Promise<void> =>
  tellWebhooks(db, {
    event: of.value === undefined ? 'model_version_tag.deleted' : 'model_version_tag.set',
    model: of.name,
    subject: `${of.name}/${of.version}`,
    data: { ...of, version: String(of.version), by: caller.subject, role: caller.role },
    atMs: nowMs,
  });

/** Only tags of prompts have events: MLflow has none for those of models. */
export const tellModelTag = (
  db: Db,
  { caller, nowMs }: By,
  of: { readonly name: string; readonly key: string; readonly value?: string },
): Promise<void> =>
  tellWebhooks(db, {
    event: of.value === undefined ? 'prompt_tag.deleted' : 'prompt_tag.set',
    model: of.name,
    subject: of.name,
    data: { ...of, by: caller.subject, role: caller.role },
    atMs: nowMs,
  });

/** Assay's own services, where no caller is behind a change. */
export const ASSAY: Caller = { subject: 'assay', role: 'service' };
