import { type Logger, pino } from 'pino';
import { DEFAULT_HOSTING } from '../runtime/hosting.ts';
import { type Core, type CoreOptions, startCore } from './core.ts';
import { PlanFile } from './plan-file.ts';

export interface StandAloneOptions {
  /** Route plan file; its paths are relative to it. */
  readonly plan: string;
  readonly port?: number;
  readonly httpPort?: number;
  readonly evidence?: string;
  readonly sealAfterMs?: number;
}

export interface StandAlone extends AsyncDisposable {
  /** `host:port` */
  readonly grpc: string;
  readonly http: string;
}

const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

/** A model server in this process, from a plan file. Throws when the first plan is unfit. */
export async function serveStandalone(options: StandAloneOptions): Promise<StandAlone> {
  const log = pino({ name: 'model-server' }, process.stderr);
  const core = await startCore({
    serverId: 'standalone',
    host: '127.0.0.1',
    grpcPort: options.port ?? 0,
    httpPort: options.httpPort ?? 0,
    evidenceDir: options.evidence ?? 'evidence',
    sealAfterMs: options.sealAfterMs ?? 10_000,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxInFlight: 1024,
    requestTimeoutMs: 60_000,
    access: { required: false, identities: new Map() },
    hosting: DEFAULT_HOSTING,
    log,
  } satisfies CoreOptions & { log: Logger });
  const close = await followFile(core, options.plan, options.evidence ?? 'evidence');
  return { grpc: core.grpc, http: core.http, [Symbol.asyncDispose]: close };
}

/** Applies the file's plan, now and at each change; a bad one is refused and the old one stays. Returns the way to end. */
export async function followFile(
  core: Core,
  file: string,
  evidenceDir: string,
): Promise<() => Promise<void>> {
  const planFile = new PlanFile(file, evidenceDir);
  const apply = async (): Promise<void> => {
    const table = await core.plans.apply(planFile.read());
    core.health.changed();
    core.events.planApplied(table.routeVersion, table.endpoints.size);
  };
  try {
    await apply();
  } catch (cause) {
    await core.close();
    throw cause;
  }
  const stop = planFile.watch(() => {
    apply().catch((cause: unknown) => core.events.planRefused((cause as Error).message));
  });
  return async () => {
    stop();
    await core.close();
  };
}
