import { fileURLToPath } from 'node:url';
import { AssayError } from '@assay/domain/errors';
import type {
  Server,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { PlanHolder } from '../routing/plan-holder.ts';
import { descriptors } from './descriptors.ts';
import { grpcError } from './grpc-error.ts';
import { isReady } from './model-metrics.ts';

const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const HEALTH = 'grpc/health/v1/health.proto';

type Status = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
interface Check {
  readonly service: string;
}
type Watcher = ServerWritableStream<Check, { status: Status }>;

const PUBLIC = new Set(['', 'inference.GRPCInferenceService', 'assay.evidence.v1.Evidence']);

/** grpc.health.v1: the server, its services, and each endpoint under its own name. */
export class Health {
  readonly #plans: PlanHolder;
  readonly #watchers = new Map<Watcher, Status>();
  #draining = false;

  constructor(plans: PlanHolder) {
    this.#plans = plans;
  }

  #status(service: string): Status {
    const { table } = this.#plans;
    const isKnown = PUBLIC.has(service) || table?.endpoints.has(service) === true;
    if (!isKnown) return 'SERVICE_UNKNOWN';
    if (table === undefined || this.#draining) return 'NOT_SERVING';
    const endpoint = table.endpoints.get(service);
    return endpoint === undefined || isReady(endpoint.champion.model) ? 'SERVING' : 'NOT_SERVING';
  }

  /** Tells those who watch what has changed. */
  changed(): void {
    for (const [call, last] of this.#watchers) {
      const status = this.#status(call.request.service);
      if (status === last) continue;
      this.#watchers.set(call, status);
      call.write({ status });
    }
  }

  drain(): void {
    this.#draining = true;
    this.changed();
    for (const call of this.#watchers.keys()) call.end();
  }

  handlers(): UntypedServiceImplementation {
    return {
      Check: (call: { request: Check }, callback: sendUnaryData<{ status: Status }>): void => {
        const status = this.#status(call.request.service);
        const text = `Cannot check "${call.request.service}": no such service or endpoint`;
        if (status === 'SERVICE_UNKNOWN') callback(grpcError(new AssayError('NOT_FOUND', text)));
        else callback(null, { status });
      },
      List: (
        _call: unknown,
        callback: sendUnaryData<{ statuses: Record<string, { status: Status }> }>,
      ): void => {
        const names = [...PUBLIC, ...(this.#plans.table?.endpoints.keys() ?? [])];
        const statuses = names.map((name) => [name, { status: this.#status(name) }] as const);
        callback(null, { statuses: Object.fromEntries(statuses) });
      },
      Watch: (call: Watcher): void => {
        const status = this.#status(call.request.service);
        this.#watchers.set(call, status);
        call.on('cancelled', () => this.#watchers.delete(call));
        call.write({ status });
      },
    };
  }
}

/** Adds health and reflection (v1 and v1alpha) to a server. */
export function addHealthAndReflection(server: Server, health: Health): void {
  const { 'grpc.health.v1.Health': service } = loadSync(HEALTH, {
    includeDirs: [PROTO],
    enums: String,
    defaults: true,
  });
  server.addService(service as ServiceDefinition, health.handlers());
  const services = [...PUBLIC, 'grpc.health.v1.Health'].filter((name) => name !== '');
  new ReflectionService(descriptors(), { services }).addToServer(server);
}
