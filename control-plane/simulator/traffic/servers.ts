import { EvidenceClient, type Outcome, type OutcomesReceipt } from '@assay/proto/gen/events/evidence';
import {
  GRPCInferenceServiceClient,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';

const CALL_TIMEOUT_MS = 10_000;

/** Statuses after which the request surely got no answer, so that another server may be asked. */
const NO_ANSWER = new Set<number | undefined>([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]);

/** Statuses that the request itself earned: it gets them again, whoever is asked. */
const REFUSALS = new Set<number>([
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
  status.UNIMPLEMENTED,
]);

interface Server {
  readonly inference: GRPCInferenceServiceClient;
  readonly evidence: EvidenceClient;
}

/** Public doors of several model servers, asked in turn; one that is away is passed over. */
export class Servers {
  readonly #servers: readonly Server[];
  readonly #metadata = new Metadata();
  #turn = 0;

  constructor(addresses: readonly string[], token: string | undefined) {
    const options = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 };
    this.#servers = addresses.map((address) => ({
      inference: new GRPCInferenceServiceClient(address, credentials.createInsecure(), options),
      evidence: new EvidenceClient(address, credentials.createInsecure(), options),
    }));
    if (token) this.#metadata.set('authorization', `Bearer ${token}`);
  }

  static gaveNoAnswer(cause: unknown): boolean {
    return NO_ANSWER.has((cause as Partial<ServiceError>).code);
  }

  /** A refusal, or an answer that cannot be used. All else may go away: a server that dies in mid-call leaves INTERNAL or CANCELLED behind, a slow one DEADLINE_EXCEEDED. */
  static refused(cause: unknown): boolean {
    const { code } = cause as Partial<ServiceError>;
    return code === undefined || REFUSALS.has(code);
  }

  /** Throws the last server's ServiceError when none answers. */
  async infer(request: ModelInferRequest): Promise<ModelInferResponse> {
    let last: ServiceError | undefined;
    const first = this.#turn++;
    // Each server once: other requests take turns meanwhile
    for (let attempt = 0; attempt < this.#servers.length; attempt++) {
      try {
        return await this.#ask(this.#at(first + attempt), request);
      } catch (cause) {
        last = cause as ServiceError;
        if (!Servers.gaveNoAnswer(cause)) break;
      }
    }
    throw last ?? new Error('no model server is known');
  }

  async record(outcomes: readonly Outcome[]): Promise<OutcomesReceipt> {
    const { evidence } = this.#at(this.#turn++);
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + CALL_TIMEOUT_MS;
      const call = evidence.recordOutcomes(this.#metadata, { deadline }, (error, receipt) =>
        error ? reject(error) : resolve(receipt),
      );
      for (const outcome of outcomes) call.write(outcome);
      call.end();
    });
  }

  #at(turn: number): Server {
    const server = this.#servers[turn % this.#servers.length];
    if (server === undefined) throw new Error('no model server is known');
    return server;
  }

  #ask(server: Server, request: ModelInferRequest): Promise<ModelInferResponse> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + CALL_TIMEOUT_MS;
      server.inference.modelInfer(request, this.#metadata, { deadline }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  }

  close(): void {
    for (const { inference, evidence } of this.#servers) {
      inference.close();
      evidence.close();
    }
  }
}
