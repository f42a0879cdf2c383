import { AssayError } from '@assay/domain/errors';
import { chosenRegistry, type RegistryChoice } from '@assay/domain/registry-choice';

export interface WorkerConfig {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly registry: RegistryChoice;
  readonly serviceToken: string;
  readonly evidenceDir: string;
  readonly artifactsDir: string;
  readonly stateDir: string;
  readonly cacheDir: string;
  /** Written when every queue is polled; absent: nobody waits for it. */
  readonly readyFile: string | undefined;
  /** File of the signing policy; absent: nothing is asked. */
  readonly signingPolicy: string | undefined;
  /** File of the private key that signs Assay's own trainings; absent: they are not signed. */
  readonly signingKey: string | undefined;
  /** Longest time that a trainer may say nothing. */
  readonly stallMs: number;
}

/** The worker's only look at the environment. Throws CONFIG_INVALID naming the variable. */
export function readConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const need = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '')
      throw new AssayError('CONFIG_INVALID', `Cannot start the worker: ${name} is not set`, { field: name });
    return value;
  };
  const stallMs = Number(env.ASSAY_TRAINER_STALL_MS ?? 600_000);
  if (!Number.isInteger(stallMs) || stallMs <= 0)
    throw new AssayError(
      'CONFIG_INVALID',
      `Cannot start the worker: ASSAY_TRAINER_STALL_MS "${env.ASSAY_TRAINER_STALL_MS}" is no number of milliseconds`,
      { field: 'ASSAY_TRAINER_STALL_MS' },
    );
  return {
    temporalAddress: need('TEMPORAL_ADDRESS'),
    databaseUrl: need('DATABASE_URL'),
    registry: chosenRegistry(env),
    serviceToken: need('ASSAY_SERVICE_TOKEN'),
    evidenceDir: need('ASSAY_EVIDENCE'),
    artifactsDir: need('ASSAY_ARTIFACTS'),
    stateDir: need('ASSAY_STATE'),
    cacheDir: need('ASSAY_CACHE'),
    readyFile: env.ASSAY_READY_FILE,
    stallMs,
    signingKey: env.ASSAY_SIGNING_KEY || undefined,
    signingPolicy: env.ASSAY_SIGNING_POLICY || undefined,
  };
}
