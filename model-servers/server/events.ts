import { AssayError } from '@assay/domain/errors';
import type { Logger } from 'pino';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Sealed } from '../evidence/seal.ts';
import type { ShadowQueue } from '../routing/shadow-queue.ts';
import type { TrafficCounts } from '../routing/traffic.ts';
import type { HostState } from '../runtime/host/hosted-runs.ts';
import type { LoadedModel } from '../runtime/model.ts';
import { Latencies } from './latencies.ts';
import { modelMetrics } from './model-metrics.ts';

/** What happens in this process: a function an event, a counter with few labels and a log line where a person may need it. */
export interface Events {
  readonly registry: Registry;
  answered(endpoint: string, seconds: number): void;
  guarded(endpoint: string, rule: string, action: string): void;
  fellBack(endpoint: string, reason: string, failure: AssayError, requestId: string): void;
  refused(endpoint: string, cause: unknown, requestId: string): void;
  evidenceLost(endpoint: string, cause: unknown): void;
  sealed(sealed: Sealed): void;
  sealFailed(segment: string, error: string): void;
  planApplied(version: bigint, endpoints: number): void;
  planRefused(reason: string): void;
  hostState(digest: string, pid: number | undefined, state: HostState, reason: string): void;
  modelMoved(digest: string): void;
  tlsRenewed(error: string | undefined): void;
  /** Where the models are that metrics tell about. */
  watchModels(models: () => readonly LoadedModel[]): void;
}

const counters = (registry: Registry) => {
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter<L>({ name, help, labelNames: [...labelNames], registers: [registry] });
  return {
    fallbacks: counter('assay_fallbacks_total', 'Answers by a fallback', ['endpoint', 'reason']),
    refused: counter('assay_refused_total', 'Requests refused, by error code', ['endpoint', 'code']),
    lost: counter('assay_evidence_lost_total', 'Records without a reply that could not be written', [
      'endpoint',
    ]),
    rows: counter('assay_evidence_sealed_rows_total', 'Evidence rows sealed'),
    sealFailures: counter('assay_evidence_seal_failures_total', 'Segments that could not be sealed yet'),
    torn: counter('assay_evidence_torn_bytes_total', 'Bytes of torn tails cut from segments'),
    plansRefused: counter('assay_plans_refused_total', 'Route plans refused'),
    version: new Gauge({
      name: 'assay_route_version',
      help: 'Route plan in force, in the process that is furthest behind',
      registers: [registry],
      aggregator: 'min',
    }),
  };
};

/** Trips of one rule; counted for every row of every answer, so counting is an addition. */
interface TripCount {
  readonly endpoint: string;
  readonly rule: string;
  readonly action: string;
  count: number;
}

function tripCounts(registry: Registry): (endpoint: string, rule: string, action: string) => void {
  const counts = new Map<string, TripCount>();
  const trips = new Counter({
    name: 'assay_guardrail_trips_total',
    help: 'Guardrail trips of served answers',
    labelNames: ['endpoint', 'rule', 'action'],
    registers: [registry],
    collect() {
      trips.reset();
      for (const { count, ...labels } of counts.values()) trips.inc({ ...labels }, count);
    },
  });
  return (endpoint, rule, action) => {
    const key = `${endpoint}\n${rule}\n${action}`;
    const found = counts.get(key);
    if (found === undefined) counts.set(key, { endpoint, rule, action, count: 1 });
    else found.count++;
  };
}

/** Counts that live elsewhere are read when somebody asks. */
function collected(registry: Registry, traffic: TrafficCounts, shadows: ShadowQueue): void {
  const answers = new Counter({
    name: 'assay_answers_total',
    help: 'Answers and failures by endpoint, version and arm',
    labelNames: ['endpoint', 'model', 'version', 'arm', 'outcome'],
    registers: [registry],
    collect() {
      answers.reset();
      for (const { endpoint, model, version, arm, ...counts } of traffic.all())
        for (const outcome of ['answered', 'guarded', 'failed'] as const)
          answers.inc({ endpoint, model, version, arm, outcome }, counts[outcome]);
    },
  });
  const shadowCounts = new Gauge({
    name: 'assay_shadows',
    help: 'Shadow copies: done, dropped (both since the start) and waiting',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      shadowCounts.set({ state: 'done' }, shadows.done);
      shadowCounts.set({ state: 'dropped' }, shadows.dropped);
      shadowCounts.set({ state: 'waiting' }, shadows.waiting);
    },
  });
}

export function serverEvents(log: Logger, traffic: TrafficCounts, shadows: ShadowQueue): Events {
  const registry = new Registry();
  const c = counters(registry);
  const latencies = new Latencies(registry);
  collected(registry, traffic, shadows);
  return {
    registry,
    answered: (endpoint, seconds) => latencies.observe(endpoint, seconds),
    guarded: tripCounts(registry),
    fellBack(endpoint, reason, failure, requestId) {
      c.fallbacks.inc({ endpoint, reason });
      log.warn({ endpoint, reason, requestId, err: failure }, 'fallback answered');
    },
    refused(endpoint, cause, requestId) {
      const known = cause instanceof AssayError;
      c.refused.inc({ endpoint, code: known ? cause.code : 'INTERNAL' });
      if (!known || cause.status === 'INTERNAL')
        log.error({ endpoint, requestId, err: cause }, 'request failed');
    },
    evidenceLost(endpoint, cause) {
      c.lost.inc({ endpoint });
      log.error({ endpoint, err: cause }, 'evidence could not be written');
    },
    sealed(sealed) {
      c.rows.inc(sealed.rows);
      if (sealed.cutBytes === 0) return;
      c.torn.inc(sealed.cutBytes);
      log.warn(sealed, 'torn tail cut from a segment');
    },
    sealFailed(segment, error) {
      c.sealFailures.inc();
      log.error({ segment, error }, 'segment could not be sealed; it stays and is tried again');
    },
    planApplied(version, endpoints) {
      c.version.set(Number(version));
      log.info({ version: String(version), endpoints }, 'route plan applied');
    },
    planRefused(reason) {
      c.plansRefused.inc();
      log.error({ reason }, 'route plan refused; the one in force stays');
    },
    hostState(digest, pid, state, reason) {
      if (state === 'down' || reason !== '') log.error({ digest, pid, state, reason }, 'model host ended');
      else log.info({ digest, pid, state }, 'model host');
    },
    modelMoved: (digest) => log.warn({ digest }, 'model had a slow run: from now on it has its own process'),
    tlsRenewed(error) {
      if (error === undefined) log.info('TLS certificate read again');
      else log.error({ error }, 'TLS certificate could not be read again; the one in use stays');
    },
    watchModels: (models) => modelMetrics(registry, models),
  };
}
