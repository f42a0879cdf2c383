import { createHash } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import { RouteDistributionClient, type RoutePlan, type ServerReport } from '@assay/proto/gen/routes/routes';
import { type ClientReadableStream, credentials, Metadata } from '@grpc/grpc-js';
import type { PlanInput } from './plan-holder.ts';

export interface WatcherOptions {
  readonly control: string;
  readonly token: string | undefined;
  readonly serverId: string;
  readonly artifactsDir: string;
  readonly appliedVersion: () => bigint;
  /** Applies and keeps a plan, or refuses it; must not throw. */
  readonly onPlan: (plan: PlanInput, digest: string) => Promise<void>;
  readonly onRefused: (reason: string) => void;
  readonly report: () => ServerReport;
  readonly onAway: (reason: string) => void;
}

const AGAIN_MS = 500;
const REPORT_MS = 2_000;
const REPORT_DEADLINE_MS = 5_000;
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 };

/** Follows the control plane's plans and reports to it. While it is away the plan in force goes on. */
export class RouteWatcher {
  readonly #options: WatcherOptions;
  readonly #client: RouteDistributionClient;
  readonly #metadata = new Metadata();
  #call: ClientReadableStream<RoutePlan> | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #reports: NodeJS.Timeout;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#client = new RouteDistributionClient(options.control, credentials.createInsecure(), {
      ...RECONNECT,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.max_receive_message_length': -1,
    });
    if (options.token !== undefined) this.#metadata.set('authorization', `Bearer ${options.token}`);
    this.#watch();
    this.#reports = setInterval(() => this.report(), REPORT_MS);
  }

  #watch(): void {
    const { serverId, appliedVersion, onAway } = this.#options;
    const call = this.#client.watch({ serverId, appliedVersion: appliedVersion() }, this.#metadata);
    this.#call = call;
    call.on('data', (plan: RoutePlan) => void this.#take(plan));
    call.on('error', (cause) => onAway(cause.message));
    // Follows an error too
    call.on('close', () => {
      if (!this.#closed) this.#again = setTimeout(() => this.#watch(), AGAIN_MS);
    });
  }

  async #take({ json, digest, version, unitKeySecret }: RoutePlan): Promise<void> {
    const found = createHash('sha256').update(json).digest('hex');
    if (found !== digest) {
      const text = `Cannot take route plan ${version}: its SHA-256 is ${found}, it says ${digest}`;
      this.#options.onRefused(new AssayError('PLAN_INVALID', text, { field: 'digest' }).message);
    } else {
      const base = this.#options.artifactsDir;
      await this.#options.onPlan({ json, routeVersion: version, unitSecret: unitKeySecret, base }, digest);
    }
    this.report();
  }

  /** The control plane counts a server as live for 15 s after a report; a lost one is followed by the next. */
  report(): void {
    const deadline = Date.now() + REPORT_DEADLINE_MS;
    this.#client.report(this.#options.report(), this.#metadata, { deadline }, () => undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    clearInterval(this.#reports);
    this.#call?.cancel();
    this.#client.close();
  }
}
