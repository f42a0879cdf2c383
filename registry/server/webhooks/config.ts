import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type { RetryPlan } from '@assay/domain/webhook-retry';
import { TargetPolicy } from '@assay/registry-store/webhook-target';

export interface WebhookConfig {
  readonly policy: TargetPolicy;
  /** 32 bytes that seal secrets. */
  readonly key: Buffer;
  readonly timeoutMs: number;
  readonly retry: RetryPlan;
  /** Ended deliveries that the log keeps: so many delivered and so many dead ones a webhook. */
  readonly keep: number;
}

type Env = Readonly<Record<string, string | undefined>>;
const bad = (message: string) => new AssayError('CONFIG_INVALID', `Cannot start the registry: ${message}`);

const whole = (env: Env, name: string, fallback: number): number => {
  const value = Number(env[name] || fallback);
  if (!Number.isSafeInteger(value) || value < 1)
    throw bad(`${name} ${JSON.stringify(env[name])} is no positive number`);
  return value;
};

const SIZE = 32;

const checked = (key: Buffer, where: string): Buffer => {
  if (key.length !== SIZE) throw bad(`${where} must hold ${SIZE} bytes in base64`);
  return key;
};

/** Made once, whole or not at all, and readable by its owner alone; it is in no backup of the database. */
const keyFile = (folder: string): Buffer => {
  const file = join(folder, 'webhook.key');
  mkdirSync(folder, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(SIZE).toString('base64'), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return checked(Buffer.from(readFileSync(file, 'utf8'), 'base64'), file);
};

/**
 * `folder`: where the key lies if no state folder is named. Throws CONFIG_INVALID naming the variable. A process that binds
 * to loopback may deliver there unless it is told not to.
 */
export const readWebhookConfig = (env: Env, folder: string): WebhookConfig => {
  const given = env.ASSAY_WEBHOOK_KEY;
  return {
    policy: new TargetPolicy(env.ASSAY_WEBHOOK_ALLOW || 'loopback'),
    key: given
      ? checked(Buffer.from(given, 'base64'), 'ASSAY_WEBHOOK_KEY')
      : keyFile(env.ASSAY_STATE || folder),
    timeoutMs: whole(env, 'ASSAY_WEBHOOK_TIMEOUT_MS', 10_000),
    retry: {
      firstWaitMs: whole(env, 'ASSAY_WEBHOOK_RETRY_MS', 5_000),
      giveUpAfterMs: whole(env, 'ASSAY_WEBHOOK_GIVE_UP_MS', 86_400_000),
    },
    keep: whole(env, 'ASSAY_WEBHOOK_KEEP', 1_000),
  };
};
