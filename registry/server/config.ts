import { AssayError } from '@assay/domain/errors';
import type { Caller } from '@assay/registry-store/context';
import { type ArtifactConfig, readArtifactConfig } from './artifact-config.ts';
import { readWebhookConfig, type WebhookConfig } from './webhooks/config.ts';

export interface Config {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  readonly artifacts: ArtifactConfig;
  readonly webhooks: WebhookConfig;
  readonly tokens: ReadonlyMap<string, Caller>;
  readonly auth: 'open' | 'required';
  readonly readyFile: string | undefined;
  /** File of the signing policy. */
  readonly signingPolicy: string | undefined;
}

const ROLES = ['admin', 'data-scientist', 'product-owner', 'serving-client', 'auditor', 'service'];
const bad = (message: string) => new AssayError('CONFIG_INVALID', `Cannot start the registry: ${message}`);

const readTokens = (json: string): Map<string, Caller> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw bad('ASSAY_TOKENS is no JSON');
  }
  return new Map(
    Object.entries((parsed ?? {}) as Record<string, Partial<Caller> | null>).map(([token, caller]) => {
      const { subject, role } = caller ?? {};
      if (!subject || !role || !ROLES.includes(role))
        throw bad(`ASSAY_TOKENS needs a subject and a role of ${ROLES.join(', ')} for each token`);
      return [token, { subject, role }];
    }),
  );
};

/** The only reader of the environment in this process; a bad value stops the start. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const need = (name: string): string => {
    const value = env[name];
    if (!value) throw bad(`${name} is missing`);
    return value;
  };
  const host = env.ASSAY_HOST || '127.0.0.1';
  if (host !== '127.0.0.1')
    throw bad(`ASSAY_HOST ${JSON.stringify(host)} is not 127.0.0.1; other addresses need TLS and OIDC`);
  const port = Number(env.ASSAY_REGISTRY_PORT || '0');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw bad('ASSAY_REGISTRY_PORT must be 0 to 65535');
  const auth = env.ASSAY_AUTH || 'open';
  if (auth !== 'open' && auth !== 'required')
    throw bad(`ASSAY_AUTH ${JSON.stringify(auth)} must be open or required`);
  const artifacts = readArtifactConfig(env);
  return Object.freeze({
    databaseUrl: need('DATABASE_URL'),
    host,
    port,
    auth,
    artifacts,
    webhooks: readWebhookConfig(env, artifacts.stagingDir),
    tokens: readTokens(env.ASSAY_TOKENS || '{}'),
    readyFile: env.ASSAY_READY_FILE || undefined,
    signingPolicy: env.ASSAY_SIGNING_POLICY || undefined,
  });
};
