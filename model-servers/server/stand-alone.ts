import { resolve } from 'node:path';
import { pino } from 'pino';
import { readConfig } from './config.ts';
import { startServer } from './start.ts';

export interface StandAloneOptions {
  /** Route plan file; its paths are relative to it. */
  readonly plan: string;
  readonly port?: number;
  readonly httpPort?: number;
  readonly evidence?: string;
  readonly sealAfterMs?: number;
  /** More than one share both ports, each in a process of its own. */
  readonly processes?: number;
}

export interface StandAlone extends AsyncDisposable {
  /** `host:port` */
  readonly grpc: string;
  readonly http: string;
}

/** A model server in this process, from a plan file; the rest of its configuration is the environment's. Throws when the first plan is unfit. */
export async function serveStandalone(options: StandAloneOptions): Promise<StandAlone> {
  const config = readConfig({
    ASSAY_SERVER_ID: 'standalone',
    ...process.env,
    ASSAY_CONTROL: undefined,
    ASSAY_PLAN: resolve(options.plan),
    ASSAY_GRPC_PORT: String(options.port ?? 0),
    ASSAY_HTTP_PORT: String(options.httpPort ?? 0),
    ASSAY_EVIDENCE: resolve(options.evidence ?? 'evidence'),
    ...(options.sealAfterMs !== undefined && { ASSAY_SEAL_AFTER_MS: String(options.sealAfterMs) }),
    ASSAY_MODEL_SERVER_PROCESSES: String(options.processes ?? 1),
  });
  const { grpc, http, close } = await startServer(config, pino({ name: 'model-server' }, process.stderr));
  return { grpc, http, [Symbol.asyncDispose]: close };
}
