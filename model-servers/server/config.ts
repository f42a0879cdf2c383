import { AssayError } from '@assay/domain/errors';
import { type Identity, ROLES, type Role } from '@assay/domain/roles';
import { TIME_LIMIT_MS } from '@assay/domain/route-plan';
import { z } from 'zod';
import { DEFAULT_HOSTING, type HostingOptions } from '../runtime/hosting.ts';
import type { TlsFiles } from './tls.ts';

export interface ModelServerConfig {
  readonly serverId: string;
  readonly host: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly evidenceDir: string;
  readonly artifactsDir: string;
  /** Route distribution of the control plane (host:port); absent: stand-alone from `planFile`. */
  readonly control: string | undefined;
  readonly planFile: string | undefined;
  /** Where the last streamed plan is kept. */
  readonly stateDir: string;
  readonly readyFile: string | undefined;
  readonly sealAfterMs: number;
  readonly maxMessageBytes: number;
  readonly maxInFlight: number;
  /** A REST request that has not come whole by then is cut. */
  readonly requestTimeoutMs: number;
  readonly authRequired: boolean;
  readonly identities: ReadonlyMap<string, Identity>;
  readonly serviceToken: string | undefined;
  /** Assay's registry, asked by digest for model files that are not on this machine; absent: they have to be. */
  readonly registryUrl: string | undefined;
  readonly hosting: HostingOptions;
  readonly tls: TlsFiles | undefined;
  /** More than one share both ports. */
  readonly processes: number;
  /** What this was read from, for those processes. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

const whole = (low: number, high: number, otherwise: number) =>
  z.coerce.number().int().min(low).max(high).default(otherwise);
const set = z.string().min(1);
const MB = 2 ** 20;
/** What a model's process may see: how to find libraries and devices, and nothing secret. */
const HOST_VARIABLES =
  /^(PATH|HOME|TMPDIR|LANG|LD_LIBRARY_PATH|NODE_COMPILE_CACHE|CUDA_.*|NVIDIA_.*|OMP_.*)$/;

const ENVIRONMENT = z.object({
  ASSAY_SERVER_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes')
    .default('server'),
  ASSAY_HOST: set.default('127.0.0.1'),
  ASSAY_TLS_CERT: set.optional(),
  ASSAY_TLS_KEY: set.optional(),
  /** With it only clients with a certificate that this one signed are heard (mTLS). */
  ASSAY_TLS_CLIENT_CA: set.optional(),
  ASSAY_GRPC_PORT: whole(0, 65_535, 0),
  ASSAY_HTTP_PORT: whole(0, 65_535, 0),
  ASSAY_EVIDENCE: set.default('evidence'),
  ASSAY_ARTIFACTS: set.default('artifacts'),
  ASSAY_CONTROL: set.optional(),
  ASSAY_PLAN: set.optional(),
  ASSAY_STATE: set.default('model-server'),
  ASSAY_READY_FILE: set.optional(),
  ASSAY_SEAL_AFTER_MS: whole(100, 86_400_000, 10_000),
  ASSAY_MAX_MESSAGE_BYTES: whole(1024, 2 ** 31 - 1, 64 * 2 ** 20),
  ASSAY_MAX_IN_FLIGHT: whole(1, 1_000_000, 1024),
  ASSAY_REQUEST_TIMEOUT_MS: whole(100, 3_600_000, 60_000),
  ASSAY_MODEL_SERVER_PROCESSES: whole(1, 256, 1),
  /** Execution providers in order of preference; what cannot be had falls back to the next, cpu at last. */
  ASSAY_EXECUTION_PROVIDERS: z
    .string()
    .regex(/^[a-z]+(,[a-z]+)*$/, 'must be names with commas between them, such as "cuda,cpu"')
    .default('cpu'),
  ASSAY_MODEL_TIME_LIMIT_MS: whole(TIME_LIMIT_MS.least, TIME_LIMIT_MS.most, DEFAULT_HOSTING.timeLimitMs),
  ASSAY_MODEL_LOAD_LIMIT_MS: whole(1_000, 3_600_000, DEFAULT_HOSTING.loadLimitMs),
  ASSAY_MODEL_QUEUE: whole(1, 1_000_000, DEFAULT_HOSTING.queueLimit),
  ASSAY_MODEL_MAX_GROWTH_MB: whole(1, 1_000_000, DEFAULT_HOSTING.maxGrowthBytes / MB),
  ASSAY_AUTH: z.enum(['open', 'required']).default('open'),
  ASSAY_TOKENS: z.string().default('{}'),
  ASSAY_SERVICE_TOKEN: set.optional(),
  ASSAY_REGISTRY_URL: z.url({ protocol: /^https?$/ }).optional(),
});

const TOKENS = z.record(z.string(), z.object({ subject: z.string(), role: z.enum(ROLES) }));

const invalid = (name: string, text: string): AssayError =>
  new AssayError('CONFIG_INVALID', `Cannot start the model server: ${name} ${text}`, { field: name });

function identities(text: string): ReadonlyMap<string, { subject: string; role: Role }> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('ASSAY_TOKENS', `is no JSON: ${(cause as Error).name}`);
  }
  const parsed = TOKENS.safeParse(value);
  if (!parsed.success) throw invalid('ASSAY_TOKENS', 'must map tokens to {"subject","role"}');
  return new Map(Object.entries(parsed.data));
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** All of it or nothing: half of it would serve in the clear what was meant to be secret. */
function tlsOf(e: z.infer<typeof ENVIRONMENT>): TlsFiles | undefined {
  const { ASSAY_TLS_CERT: cert, ASSAY_TLS_KEY: key, ASSAY_TLS_CLIENT_CA: clientCa } = e;
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined) throw invalid('ASSAY_TLS_CERT', 'must be set with the other TLS files');
  if (key === undefined) throw invalid('ASSAY_TLS_KEY', 'must be set with the other TLS files');
  return { cert, key, clientCa };
}

const hostEnvironment = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((e): e is [string, string] => HOST_VARIABLES.test(e[0]) && e[1] !== undefined),
  );

/** The process's only look at the environment. Throws CONFIG_INVALID naming the variable. */
export function readConfig(env: NodeJS.ProcessEnv): ModelServerConfig {
  const parsed = ENVIRONMENT.safeParse(env);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(String(issue?.path[0]), issue?.message ?? 'is wrong');
  }
  const e = parsed.data;
  if (e.ASSAY_CONTROL === undefined && e.ASSAY_PLAN === undefined)
    throw invalid('ASSAY_PLAN', 'or ASSAY_CONTROL must be set');
  const tls = tlsOf(e);
  if (!LOOPBACK.has(e.ASSAY_HOST) && (tls === undefined || e.ASSAY_AUTH !== 'required'))
    throw invalid(
      'ASSAY_HOST',
      'must be loopback until TLS (ASSAY_TLS_CERT, ASSAY_TLS_KEY) and tokens (ASSAY_AUTH=required) are configured',
    );
  return Object.freeze({
    tls,
    serverId: e.ASSAY_SERVER_ID,
    host: e.ASSAY_HOST,
    grpcPort: e.ASSAY_GRPC_PORT,
    httpPort: e.ASSAY_HTTP_PORT,
    evidenceDir: e.ASSAY_EVIDENCE,
    artifactsDir: e.ASSAY_ARTIFACTS,
    control: e.ASSAY_CONTROL,
    planFile: e.ASSAY_PLAN,
    stateDir: e.ASSAY_STATE,
    readyFile: e.ASSAY_READY_FILE,
    sealAfterMs: e.ASSAY_SEAL_AFTER_MS,
    maxMessageBytes: e.ASSAY_MAX_MESSAGE_BYTES,
    maxInFlight: e.ASSAY_MAX_IN_FLIGHT,
    requestTimeoutMs: e.ASSAY_REQUEST_TIMEOUT_MS,
    authRequired: e.ASSAY_AUTH === 'required',
    identities: identities(e.ASSAY_TOKENS),
    serviceToken: e.ASSAY_SERVICE_TOKEN,
    registryUrl: e.ASSAY_REGISTRY_URL,
    env,
    processes: e.ASSAY_MODEL_SERVER_PROCESSES,
    hosting: {
      providers: e.ASSAY_EXECUTION_PROVIDERS.split(','),
      timeLimitMs: e.ASSAY_MODEL_TIME_LIMIT_MS,
      loadLimitMs: e.ASSAY_MODEL_LOAD_LIMIT_MS,
      queueLimit: e.ASSAY_MODEL_QUEUE,
      maxGrowthBytes: e.ASSAY_MODEL_MAX_GROWTH_MB * MB,
      env: hostEnvironment(env),
    },
  });
}
