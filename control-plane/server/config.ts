import { AssayError } from '@assay/domain/errors';
import { chosenRegistry, type RegistryChoice } from '@assay/domain/registry-choice';
import { type Identity, ROLES } from '@assay/domain/roles';
import { z } from 'zod';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const TOKENS = z.record(
  z.string().min(1),
  z.strictObject({ subject: z.string().min(1), role: z.enum(ROLES) }),
);

export interface ServerConfig {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly registry: RegistryChoice;
  /** Where files of a registry elsewhere come, for model servers to load; only such a registry needs it. */
  readonly artifactsDir: string;
  readonly serviceToken: string;
  readonly host: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly uiDir: string | undefined;
  readonly auth: 'open' | 'required';
  readonly tokens: ReadonlyMap<string, Identity>;
  readonly readyFile: string | undefined;
}

const fail = (name: string, rule: string): never => {
  throw new AssayError('CONFIG_INVALID', `Cannot start the control plane: ${name} ${rule}`, { field: name });
};

/** The control plane's only look at the environment. Throws CONFIG_INVALID naming the variable. */
export function readConfig(env: NodeJS.ProcessEnv): ServerConfig {
  const need = (name: string): string => env[name] || fail(name, 'is not set');
  const port = (name: string): number => {
    const value = Number(env[name] ?? 0);
    return Number.isInteger(value) && value >= 0 && value < 65_536
      ? value
      : fail(name, `"${env[name]}" is no port number`);
  };
  const host = env.ASSAY_HOST ?? '127.0.0.1';
  if (!LOOPBACK.includes(host))
    fail('ASSAY_HOST', `"${host}" is not loopback: refused until OIDC and TLS are configured`);
  const auth = env.ASSAY_AUTH ?? 'open';
  const registry = chosenRegistry(env);
  return Object.freeze({
    databaseUrl: need('DATABASE_URL'),
    temporalAddress: need('TEMPORAL_ADDRESS'),
    registry,
    artifactsDir: registry.kind === 'mlflow' ? need('ASSAY_ARTIFACTS') : '',
    serviceToken: need('ASSAY_SERVICE_TOKEN'),
    host,
    httpPort: port('ASSAY_HTTP_PORT'),
    grpcPort: port('ASSAY_CONTROL_GRPC_PORT'),
    uiDir: env.ASSAY_UI_DIR || undefined,
    auth:
      auth === 'open' || auth === 'required' ? auth : fail('ASSAY_AUTH', `"${auth}" is not open or required`),
    tokens: tokens(env.ASSAY_TOKENS ?? '{}'),
    readyFile: env.ASSAY_READY_FILE || undefined,
  });
}

/** The value itself is a secret: no message repeats it. */
function tokens(text: string): ReadonlyMap<string, Identity> {
  try {
    return new Map(Object.entries(TOKENS.parse(JSON.parse(text))));
  } catch {
    return fail('ASSAY_TOKENS', 'is not JSON of the form {"<token>":{"subject","role"}}');
  }
}
