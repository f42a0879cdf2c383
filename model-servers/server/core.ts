import { AssayError } from '@assay/domain/errors';
import { EvidenceService } from '@assay/proto/gen/events/evidence';
import { GRPCInferenceServiceService } from '@assay/proto/gen/inference/open_inference_grpc';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { Sealer } from '../evidence/sealer.ts';
import { Seen } from '../evidence/seen.ts';
import { listSegments } from '../evidence/segments.ts';
import { lockServer } from '../evidence/server-lock.ts';
import { Wal } from '../evidence/wal.ts';
import { type FileOf, PlanHolder } from '../routing/plan-holder.ts';
import { ShadowQueue } from '../routing/shadow-queue.ts';
import { TrafficCounts } from '../routing/traffic.ts';
import { type HostingOptions, ModelHosting } from '../runtime/hosting.ts';
import { Admission } from './admission.ts';
import { sweepAlone } from './collector.ts';
import type { Access, Serving } from './context.ts';
import { type Events, serverEvents } from './events.ts';
import { evidenceHandlers } from './handlers/evidence.ts';
import { inferenceHandlers } from './handlers/inference.ts';
import { addHealthAndReflection, Health } from './health.ts';
import { http2ServersOf, takeInfer } from './infer-streams.ts';
import { metricsText } from './processes/worker.ts';
import { Recorder } from './recorder.ts';
import { restApp } from './rest/app.ts';
import { type Renewable, readTls, renewTls, type TlsFiles, type TlsMaterial } from './tls.ts';
import { readable } from './unreadable.ts';

export interface CoreOptions {
  readonly serverId: string;
  readonly host: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly evidenceDir: string;
  readonly sealAfterMs: number;
  readonly maxMessageBytes: number;
  readonly maxInFlight: number;
  readonly requestTimeoutMs: number;
  readonly access: Access;
  readonly hosting: HostingOptions;
  /** Absent: what comes and goes can be read on the way. */
  readonly tls?: TlsFiles | undefined;
  /** Absent: model files are where the plan says. */
  readonly fileOf?: FileOf | undefined;
  readonly log: Logger;
}

/** A server that listens, without a plan yet. */
export interface Core {
  readonly grpc: string;
  readonly http: string;
  readonly plans: PlanHolder;
  readonly traffic: TrafficCounts;
  readonly events: Events;
  /** Tell when the plan changed. */
  readonly health: Health;
  close(): Promise<void>;
}

const SHADOW_LIMIT = 256;
const SEEN_LIMIT = 200_000;
const DRAIN_MS = 10_000;
const SEAL_MS = 10_000;

interface Evidence {
  readonly unlock: () => void;
  readonly wal: Wal;
  readonly sealer: Sealer;
}

/** Segments that an earlier process left are sealed like any other. */
async function openEvidence(
  { evidenceDir, serverId, sealAfterMs }: CoreOptions,
  events: Events,
): Promise<Evidence> {
  const unlock = lockServer(evidenceDir, serverId);
  const sealer = new Sealer(evidenceDir, { sealed: events.sealed, failed: events.sealFailed });
  const left = await listSegments(evidenceDir, serverId);
  for (const segment of left) sealer.seal(segment);
  const onClosed = (segment: string): void => sealer.seal(segment);
  return { unlock, sealer, wal: new Wal({ evidenceDir, server: serverId, sealAfterMs, onClosed }) };
}

export async function startCore(options: CoreOptions): Promise<Core> {
  sweepAlone();
  const { log, access, maxInFlight, maxMessageBytes, host } = options;
  const [traffic, shadows] = [new TrafficCounts(), new ShadowQueue(SHADOW_LIMIT)];
  const events = serverEvents(log, traffic, shadows);
  const hosting = new ModelHosting(options.hosting, {
    moved: events.modelMoved,
    hostState(...state) {
      events.hostState(...state);
      health.changed();
    },
  });
  const plans = new PlanHolder(hosting, options.fileOf);
  const health = new Health(plans);
  events.watchModels(() => plans.loadedModels);
  const { wal, sealer, unlock } = await openEvidence(options, events);
  const [seenOutcomes, seenExposures] = [new Seen(SEEN_LIMIT), new Seen(SEEN_LIMIT)];
  const serving: Serving = {
    ...{ plans, wal, recorder: new Recorder(wal), traffic, shadows, seenOutcomes, seenExposures },
    ...{ events, log, access, metricsText: metricsText(events.registry) },
    admission: new Admission(maxInFlight),
  };
  const server = grpcServer(serving, health, maxMessageBytes);
  const tls = options.tls && readTls(options.tls);
  const rest = restApp(serving, { ...options, tls });
  let stopRenewing = (): void => undefined;
  const close = async (): Promise<void> => {
    stopRenewing();
    health.drain();
    await Promise.all([drain(server), rest.close()]);
    await shadows.close();
    await plans.close();
    await wal.close();
    await sealer.close(SEAL_MS);
    unlock();
  };
  try {
    const port = await listening(
      'grpcPort',
      host,
      options.grpcPort,
      bind(server, `${host}:${options.grpcPort}`, tls),
    );
    takeInfer(server, serving, maxMessageBytes);
    const http = await listening(
      'httpPort',
      host,
      options.httpPort,
      rest.listen({ host, port: options.httpPort }),
    );
    if (options.tls !== undefined)
      stopRenewing = renewTls(
        options.tls,
        [...http2ServersOf(server), rest.server] as unknown as Renewable[],
        events.tlsRenewed,
      );
    return { grpc: `${host}:${port}`, http, plans, traffic, events, health, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Throws CONFIG_INVALID: a port that somebody else has is not an internal failure. */
async function listening<T>(field: string, host: string, port: number, listen: Promise<T>): Promise<T> {
  try {
    return await listen;
  } catch (cause) {
    const text = `Cannot listen on ${host}:${port}: ${(cause as Error).message}`;
    throw new AssayError('CONFIG_INVALID', text, { cause, field });
  }
}

function grpcServer(serving: Serving, health: Health, maxMessageBytes: number): Server {
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
  });
  server.addService(readable(GRPCInferenceServiceService), inferenceHandlers(serving));
  server.addService(readable(EvidenceService), evidenceHandlers(serving));
  addHealthAndReflection(server, health);
  return server;
}

const bind = (server: Server, address: string, tls: TlsMaterial | undefined): Promise<number> => {
  const { createInsecure, createSsl } = ServerCredentials;
  const credentials =
    tls === undefined
      ? createInsecure()
      : createSsl(tls.ca ?? null, [{ cert_chain: tls.cert, private_key: tls.key }], tls.ca !== undefined);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
};

/** Calls in progress end; those that do not in time are cut. */
function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, DRAIN_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
