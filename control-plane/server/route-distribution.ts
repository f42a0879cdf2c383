import { createHash } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import {
  RouteDistributionService,
  type RoutePlan,
  type ServerReport,
  type ServerReportReceipt,
  type WatchRequest,
} from '@assay/proto/gen/routes/routes';
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { Deps } from './deps.ts';

type WatchCall = ServerWritableStream<WatchRequest, RoutePlan>;
type RouteDeps = Pick<Deps, 'store' | 'identities' | 'servers' | 'feed'>;

/** Streams the newest plan to model servers and keeps what they report. */
export class RouteDistribution implements AsyncDisposable {
  readonly #deps: RouteDeps;
  readonly #nowMs: () => number;
  readonly #server = new Server();
  readonly #watchers = new Set<WatchCall>();
  #newest: RoutePlan | undefined;

  constructor(deps: RouteDeps, nowMs: () => number) {
    this.#deps = deps;
    this.#nowMs = nowMs;
    this.#server.addService(RouteDistributionService, {
      watch: (call: WatchCall) => this.#watch(call),
      report: (
        call: ServerUnaryCall<ServerReport, ServerReportReceipt>,
        answer: sendUnaryData<ServerReportReceipt>,
      ) => this.#report(call, answer),
    });
  }

  listen(address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  /** Reads the stored plan and sends it on when it is newer. */
  async refresh(): Promise<void> {
    const { version, endpoints } = await this.#deps.store.routePlan();
    if (this.#newest !== undefined && this.#newest.version >= BigInt(version)) return;
    const json = JSON.stringify({ version: 1, endpoints });
    const digest = createHash('sha256').update(json).digest('hex');
    const unitKeySecret = Buffer.from(await this.#deps.store.unitKeySecret());
    const newest = { version: BigInt(version), json, digest, unitKeySecret };
    this.#newest = newest;
    for (const call of this.#watchers) call.write(newest);
    this.#deps.feed.tell({ kind: 'routes', decision: null, event: 'routes.published', atMs: this.#nowMs() });
  }

  #watch(call: WatchCall): void {
    const refused = this.#refusal(call.metadata);
    if (refused !== undefined) {
      call.destroy(Object.assign(new Error(refused), { code: status.UNAUTHENTICATED, details: refused }));
      return;
    }
    this.#watchers.add(call);
    for (const end of ['cancelled', 'close', 'error']) call.on(end, () => this.#watchers.delete(call));
    if (this.#newest !== undefined) call.write(this.#newest);
  }

  #report(
    call: ServerUnaryCall<ServerReport, ServerReportReceipt>,
    answer: sendUnaryData<ServerReportReceipt>,
  ): void {
    const refused = this.#refusal(call.metadata);
    if (refused !== undefined) {
      answer({ code: status.UNAUTHENTICATED, details: refused });
      return;
    }
    this.#deps.servers.report(call.request);
    answer(null, { newestVersion: this.#newest?.version ?? 0n });
  }

  /** The plan carries the key of unit keys: only Assay's own processes may have it. */
  #refusal(metadata: Metadata): string | undefined {
    try {
      const [header] = metadata.get('authorization');
      const { subject, role } = this.#deps.identities.of(header?.toString());
      return role === 'service' || role === 'admin' ? undefined : `"${subject}" (${role}) is no model server`;
    } catch (error) {
      if (error instanceof AssayError) return error.message;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }
}
