import { EvidenceService, type Outcome } from '@assay/proto/gen/events/evidence';
import {
  GRPCInferenceServiceService,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import {
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';

export type Reply = (request: ModelInferRequest) => {
  version: string;
  arm: string;
  output: string;
  value: number;
};

/** A server of the two public doors on a real socket: it keeps what it got, and can be slow, full, or lose a receipt. */
export class DoorServer {
  readonly requests: ModelInferRequest[] = [];
  readonly outcomes: Outcome[] = [];
  receiptsToLose = 0;
  full = false;
  latencyMs = 0;
  port = 0;
  readonly #name: string;
  readonly #reply: Reply;
  #server = new Server();
  #answered = 0;

  private constructor(name: string, reply: Reply) {
    this.#name = name;
    this.#reply = reply;
  }

  static async start(name: string, reply: Reply): Promise<DoorServer> {
    const door = new DoorServer(name, reply);
    await door.#listen();
    return door;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async #listen(): Promise<void> {
    this.#server = new Server();
    this.#server.addService(GRPCInferenceServiceService, {
      modelInfer: (
        call: ServerUnaryCall<ModelInferRequest, ModelInferResponse>,
        done: sendUnaryData<ModelInferResponse>,
      ) => this.#infer(call.request, done),
    } as never);
    this.#server.addService(EvidenceService, {
      recordOutcomes: (call: ServerReadableStream<Outcome, unknown>, done: sendUnaryData<unknown>) => {
        const got: Outcome[] = [];
        call.on('data', (o: Outcome) => got.push(o));
        call.on('end', () => {
          this.outcomes.push(...got);
          if (this.receiptsToLose-- > 0) done({ code: status.UNAVAILABLE, details: 'receipt lost' });
          else done(null, { accepted: BigInt(got.length), duplicates: 0n, refused: [] });
        });
      },
    } as never);
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(this.address, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
  }

  #infer(request: ModelInferRequest, done: sendUnaryData<ModelInferResponse>): void {
    if (this.full) {
      done({ code: status.RESOURCE_EXHAUSTED, details: 'full' });
      return;
    }
    this.requests.push(request);
    const { version, arm, output, value } = this.#reply(request);
    const text = (v: string) => ({ parameterChoice: { $case: 'stringParam' as const, value: v } });
    const answer: ModelInferResponse = {
      modelName: request.modelName,
      modelVersion: version,
      id: request.id,
      parameters: {
        decision_id: text(`${this.#name}-${this.#answered++}`),
        served_version: text(version),
        arm: text(arm),
      },
      outputs: [{ name: output, datatype: 'FP32', shape: [1n], parameters: {}, contents: undefined }],
      rawOutputContents: [Buffer.from(Float32Array.of(value).buffer)],
    };
    setTimeout(() => done(null, answer), this.latencyMs);
  }

  /** As kill -9 would: open calls break. */
  kill(): void {
    this.#server.forceShutdown();
  }

  /** On the same port again. */
  revive(): Promise<void> {
    return this.#listen();
  }
}
