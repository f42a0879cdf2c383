import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegistryChoice } from '@assay/domain/registry-choice';
import { REPOSITORY } from './cache.ts';
import type { ChildSpec } from './child.ts';
import type { Ports } from './port-book.ts';
import { type StateFolder, type Tokens, tokenTable } from './state-folder.ts';

export interface FleetInput {
  readonly state: StateFolder;
  readonly ports: Ports;
  readonly tokens: Tokens;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly uiDir: string;
  readonly cacheDir: string;
  readonly auth: 'open' | 'required';
  readonly sealAfterMs: number;
  /** Absent: Assay's own registry. */
  readonly otherRegistry: RegistryChoice | undefined;
  /** s3://bucket/prefix where the registry keeps artifacts; undefined: the state folder. */
  readonly bucket: string | undefined;
}

const LOOPBACK = '127.0.0.1';

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};

/** Ready as the process itself said, in the file that it writes when it does its work. */
const isWritten = async (file: string): Promise<boolean> => {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
};

function nodeChild(
  input: FleetInput,
  name: string,
  main: string,
  env: Record<string, string>,
  url?: string,
): ChildSpec {
  const readyFile = join(input.state.run, `${name}.json`);
  return {
    name,
    command: [process.execPath, '--disable-warning=ExperimentalWarning', join(REPOSITORY, main)],
    env: {
      ASSAY_HOST: LOOPBACK,
      ASSAY_AUTH: input.auth,
      ASSAY_TOKENS: tokenTable(input.tokens),
      ASSAY_READY_FILE: readyFile,
      ASSAY_STATE: input.state.root,
      ASSAY_CACHE: input.cacheDir,
      ASSAY_ARTIFACTS: input.state.artifacts,
      ASSAY_EVIDENCE: input.state.evidence,
      ...env,
    },
    readyFile,
    healthy: async () => (await isWritten(readyFile)) && (url === undefined || (await answers(url))),
  };
}

/** The registry alone talks to the bucket; everybody else reads files of the state folder, fetched there by digest. */
export const bucketOf = (env: NodeJS.ProcessEnv): string | undefined =>
  env.ASSAY_ARTIFACTS?.startsWith('s3://') ? env.ASSAY_ARTIFACTS : undefined;

const ownRegistry = (ports: Ports): string => `http://${LOOPBACK}:${ports.registry}`;

export const registryUrl = ({ ports, otherRegistry }: FleetInput): string =>
  otherRegistry?.baseUrl ?? ownRegistry(ports);

/** Another server's credentials are in the environment that every child gets. */
const registryEnv = ({ ports, otherRegistry }: FleetInput): Record<string, string> =>
  otherRegistry === undefined
    ? { ASSAY_REGISTRY_URL: ownRegistry(ports) }
    : { ASSAY_REGISTRY_URL: '', MLFLOW_TRACKING_URI: otherRegistry.baseUrl };

export const registryChild = (input: FleetInput): ChildSpec =>
  nodeChild(
    input,
    'registry',
    'registry/server/main.ts',
    {
      DATABASE_URL: input.databaseUrl,
      ASSAY_REGISTRY_PORT: String(input.ports.registry),
      ...(input.bucket !== undefined && { ASSAY_ARTIFACTS: input.bucket }),
    },
    `${ownRegistry(input.ports)}/health`,
  );

export const controlPlaneChild = (input: FleetInput): ChildSpec =>
  nodeChild(
    input,
    'control-plane',
    'control-plane/server/main.ts',
    {
      DATABASE_URL: input.databaseUrl,
      TEMPORAL_ADDRESS: input.temporalAddress,
      ...registryEnv(input),
      ASSAY_SERVICE_TOKEN: input.tokens.service,
      ASSAY_HTTP_PORT: String(input.ports.controlPlane),
      ASSAY_CONTROL_GRPC_PORT: String(input.ports.routes),
      ASSAY_UI_DIR: input.uiDir,
    },
    `http://${LOOPBACK}:${input.ports.controlPlane}/health`,
  );

export const workerChild = (input: FleetInput): ChildSpec =>
  nodeChild(input, 'worker', 'workflows/worker/main.ts', {
    DATABASE_URL: input.databaseUrl,
    TEMPORAL_ADDRESS: input.temporalAddress,
    ...registryEnv(input),
    ASSAY_SERVICE_TOKEN: input.tokens.service,
  });

export const modelServerChildren = (input: FleetInput): readonly ChildSpec[] =>
  input.ports.servers.map((ports, i) => {
    const id = `server-${i + 1}`;
    return nodeChild(
      input,
      `model-${id}`,
      'model-servers/server/main.ts',
      {
        ASSAY_SERVER_ID: id,
        ASSAY_GRPC_PORT: String(ports.grpc),
        ASSAY_HTTP_PORT: String(ports.http),
        ASSAY_CONTROL: `${LOOPBACK}:${input.ports.routes}`,
        ASSAY_SERVICE_TOKEN: input.tokens.service,
        ...(input.otherRegistry === undefined && { ASSAY_REGISTRY_URL: ownRegistry(input.ports) }),
        ASSAY_STATE: join(input.state.servers, id),
        ASSAY_SEAL_AFTER_MS: String(input.sealAfterMs),
      },
      `http://${LOOPBACK}:${ports.http}/v2/health/live`,
    );
  });
