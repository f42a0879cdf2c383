import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { FAMILIES } from '@assay/domain/families/all';
import type { Family } from '@assay/domain/families/family';
import { EvidenceClient, type Outcome, type OutcomesReceipt } from '@assay/proto/gen/events/evidence';
import {
  GRPCInferenceServiceClient,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { type ChannelCredentials, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type Assignment, assignmentOf, failedAssignment } from './assignment.ts';
import type { Inputs, Outputs } from './signatures.ts';
import { type Column, decode, encode } from './tensors.ts';

export interface ClientOptions {
  /** `host:port` of a model server's gRPC door, or whatever gRPC resolves to several. */
  readonly address: string;
  readonly token?: string;
  /** Absent: in the clear, as on loopback. */
  readonly credentials?: ChannelCredentials;
  /** For each call that says nothing else; 1 s when absent. */
  readonly deadlineMs?: number;
}

export interface PredictOptions<F extends Family> {
  /** Keeps the unit in its arm; one is drawn when absent. */
  readonly unitId?: string;
  /** Pins a version, outside of every comparison. */
  readonly version?: string;
  readonly deadlineMs?: number;
  /** Answered when no server does in time; absent: the error is thrown. */
  readonly fallback?: Outputs<F>;
}

export interface Prediction<F extends Family> {
  readonly outputs: Outputs<F>;
  /** What an outcome names; "" when the client's own fallback answered. */
  readonly decisionId: string;
  readonly unitId: string;
  readonly servedVersion: string;
  readonly arm: string;
  /** Of the server, or `client-fallback`. */
  readonly reason: string;
  /** JSON of the rules that changed the answer; "" when none did. */
  readonly guardrail: string;
  /** Why the client's fallback answered. */
  readonly error?: ServiceError;
}

/** `outcomeId` makes repeats harmless; one is made when absent. */
export type NewOutcome = Pick<Outcome, 'endpoint'> & Partial<Omit<Outcome, 'endpoint'>>;

const DEADLINE_MS = 1_000;
const ATTEMPTS = 6;
const FIRST_WAIT_MS = 100;
/** What says that no answer came, and nothing about the request. */
const PASSING: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.INTERNAL,
]);

const isPassing = (cause: unknown): cause is ServiceError => PASSING.has((cause as ServiceError).code);

/** Predictions, assignments and outcomes of model servers. */
export class AssayClient implements Disposable {
  readonly #inference: GRPCInferenceServiceClient;
  readonly #evidence: EvidenceClient;
  readonly #metadata = new Metadata();
  readonly #deadlineMs: number;

  constructor({ address, token, credentials: given, deadlineMs = DEADLINE_MS }: ClientOptions) {
    const channel = given ?? credentials.createInsecure();
    this.#inference = new GRPCInferenceServiceClient(address, channel);
    this.#evidence = new EvidenceClient(address, channel);
    this.#deadlineMs = deadlineMs;
    if (token !== undefined) this.#metadata.set('authorization', `Bearer ${token}`);
  }

  /** Throws INPUT_SHAPE, and the server's refusal (a ServiceError); a passing failure only where there is no fallback. */
  async predict<F extends Family>(
    family: F,
    endpoint: string,
    inputs: Inputs<F>,
    options: PredictOptions<F> = {},
  ): Promise<Prediction<F>> {
    const request = requestOf(family, endpoint, inputs as unknown as Record<string, Column>, options);
    try {
      return predictionOf(await this.#infer(request, options.deadlineMs ?? this.#deadlineMs));
    } catch (cause) {
      if (options.fallback === undefined || !isPassing(cause)) throw cause;
      const unitId = options.unitId ?? '';
      const marks = { decisionId: '', unitId, servedVersion: '', arm: '', guardrail: '' };
      return { outputs: options.fallback, ...marks, reason: 'client-fallback', error: cause };
    }
  }

  #infer(request: ModelInferRequest, deadlineMs: number): Promise<ModelInferResponse> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + deadlineMs;
      this.#inference.modelInfer(request, this.#metadata, { deadline }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  }

  /** Which arm a unit gets, without a prediction. Never throws: what goes wrong gives the default arm and says so. */
  assign(endpoint: string, unitId: string, defaultArm = 'champion'): Promise<Assignment> {
    return new Promise((resolve) => {
      const deadline = Date.now() + this.#deadlineMs;
      this.#evidence.assign({ endpoint, unitId }, this.#metadata, { deadline }, (error, answer) =>
        resolve(error ? failedAssignment(defaultArm, error) : assignmentOf(answer)),
      );
    });
  }

  /** The receipt promises that all is written. Passing failures are tried again with the same ids, so that nothing counts twice. */
  async recordOutcomes(outcomes: readonly NewOutcome[]): Promise<OutcomesReceipt> {
    const whole = outcomes.map(wholeOutcome);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(whole);
      } catch (cause) {
        if (attempt === ATTEMPTS || !isPassing(cause)) throw cause;
        await delay(FIRST_WAIT_MS * 2 ** (attempt - 1));
      }
    }
  }

  #send(outcomes: readonly Outcome[]): Promise<OutcomesReceipt> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + this.#deadlineMs;
      const call = this.#evidence.recordOutcomes(this.#metadata, { deadline }, (error, receipt) =>
        error ? reject(error) : resolve(receipt),
      );
      for (const outcome of outcomes) call.write(outcome);
      call.end();
    });
  }

  close(): void {
    this.#inference.close();
    this.#evidence.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const wholeOutcome = (outcome: NewOutcome): Outcome => ({
  outcomeId: randomUUID(),
  decisionId: '',
  unitId: '',
  occurredAtMs: BigInt(Date.now()),
  metrics: {},
  labels: {},
  period: undefined,
  ...outcome,
});

function requestOf(
  family: Family,
  endpoint: string,
  inputs: Readonly<Record<string, Column>>,
  { unitId, version = '' }: { readonly unitId?: string; readonly version?: string },
): ModelInferRequest {
  const tensors = FAMILIES[family].requestInputs.map((spec) => ({
    spec,
    ...encode(spec, inputs[spec.name]),
  }));
  return {
    modelName: endpoint,
    modelVersion: version,
    id: randomUUID(),
    parameters:
      unitId === undefined ? {} : { unit_id: { parameterChoice: { $case: 'stringParam', value: unitId } } },
    inputs: tensors.map(({ spec: { name, datatype }, shape }) => ({
      ...{ name, datatype, shape: [...shape], parameters: {}, contents: undefined },
    })),
    outputs: [],
    rawInputContents: tensors.map((t) => t.data),
  };
}

function predictionOf<F extends Family>(answer: ModelInferResponse): Prediction<F> {
  const text = (name: string): string => String(answer.parameters[name]?.parameterChoice?.value ?? '');
  return {
    outputs: decode(answer) as unknown as Outputs<F>,
    decisionId: text('decision_id'),
    unitId: text('unit_id'),
    servedVersion: text('served_version'),
    arm: text('arm'),
    reason: text('reason'),
    guardrail: text('guardrail'),
  };
}
