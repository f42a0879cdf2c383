import { createHash, randomBytes } from 'node:crypto';
import {
  RouteDistributionService,
  type RoutePlan,
  type ServerReport,
  type ServerReportReceipt,
  type WatchRequest,
} from '@assay/proto/gen/routes/routes';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';

/** The other side of route distribution, so that a server can be tested without a control plane. */
export class ControlStub {
  readonly #server: Server;
  readonly #watchers = new Set<ServerWritableStream<WatchRequest, RoutePlan>>();
  readonly reports: ServerReport[] = [];
  readonly secret = randomBytes(32);
  #newest: RoutePlan | undefined;
  address = '';

  private constructor() {
    this.#server = new Server();
    this.#server.addService(RouteDistributionService, {
      watch: (call: ServerWritableStream<WatchRequest, RoutePlan>) => {
        this.#watchers.add(call);
        call.on('cancelled', () => this.#watchers.delete(call));
        if (this.#newest !== undefined) call.write(this.#newest);
      },
      report: (
        call: ServerUnaryCall<ServerReport, ServerReportReceipt>,
        answer: sendUnaryData<ServerReportReceipt>,
      ) => {
        this.reports.push(call.request);
        answer(null, { newestVersion: this.#newest?.version ?? 0n });
      },
    });
  }

  static async start(address = '127.0.0.1:0'): Promise<ControlStub> {
    const stub = new ControlStub();
    const port = await new Promise<number>((resolve, reject) =>
      stub.#server.bindAsync(address, ServerCredentials.createInsecure(), (e, p) =>
        e ? reject(e) : resolve(p),
      ),
    );
    stub.address = `127.0.0.1:${port}`;
    return stub;
  }

  publish(version: bigint, json: string, digest = createHash('sha256').update(json).digest('hex')): void {
    this.#newest = { version, json, digest, unitKeySecret: this.secret };
    for (const call of this.#watchers) call.write(this.#newest);
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
