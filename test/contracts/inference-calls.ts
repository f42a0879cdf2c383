import { ErrorInfo, Status } from '@assay/proto/gen/google/rpc/status';
import type { ModelInferRequest, ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import type { ModelServerProcess } from './inference-server.ts';

export interface Sent {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

export const fp32 = (name: string, shape: readonly number[], values: readonly number[]): Sent => ({
  name,
  datatype: 'FP32',
  shape,
  data: Buffer.from(Float32Array.from(values).buffer),
});

/** Candidates with affinity and price as scores to rank by; one row a candidate. */
export const rankingInputs = (
  affinity: readonly number[],
  options: { stock?: readonly boolean[]; price?: readonly number[]; first?: number } = {},
): Sent[] => {
  const n = affinity.length;
  const features = affinity.flatMap((a, i) => [
    options.first ?? 0,
    0,
    0,
    0,
    a,
    0,
    0,
    0,
    0,
    0,
    options.price?.[i] ?? 0,
    0,
  ]);
  return [
    fp32('features', [n, 12], features),
    {
      name: 'item_id',
      datatype: 'INT64',
      shape: [n],
      data: Buffer.from(BigInt64Array.from(affinity.map((_, i) => BigInt(100 + i))).buffer),
    },
    {
      name: 'in_stock',
      datatype: 'BOOL',
      shape: [n],
      data: Buffer.from(affinity.map((_, i) => (options.stock?.[i] === false ? 0 : 1))),
    },
  ];
};

export const pricingInputs = (reference: number, cost: number): Sent[] => [
  fp32('context', [1, 7], [0, 0, 0, 0, 0, 0, 0]),
  fp32('reference_price_cents', [1], [reference]),
  fp32('cost_cents', [1], [cost]),
];

export const biddingInputs = (affinity: number, value: number): Sent[] => [
  fp32('features', [1, 10], [0, 0, 0, 0, affinity, 0, 0, 0, 0, 0]),
  fp32('click_value_cents', [1], [value]),
];

export const forecastingInputs = (lag: number, level: number): Sent[] => [
  fp32('features', [1, 13], [lag, ...new Array<number>(12).fill(0)]),
  fp32('level', [1, 1], [level]),
];

/** An image whose row `label` is full of ink. */
export const visionInputs = (label: number): Sent[] => [
  fp32(
    'image',
    [1, 1, 8, 8],
    Array.from({ length: 64 }, (_, i) => (Math.floor(i / 8) === label ? 16 : 0)),
  ),
];

export const requestOf = (
  endpoint: string,
  inputs: readonly Sent[],
  options: { unit?: string; version?: string; id?: string } = {},
): ModelInferRequest => ({
  modelName: endpoint,
  modelVersion: options.version ?? '',
  id: options.id ?? '',
  parameters:
    options.unit === undefined
      ? {}
      : { unit_id: { parameterChoice: { $case: 'stringParam', value: options.unit } } },
  inputs: inputs.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    shape: shape.map(BigInt),
    parameters: {},
    contents: undefined,
  })),
  outputs: [],
  rawInputContents: inputs.map((i) => i.data),
});

export interface Told {
  readonly answer: ModelInferResponse;
  readonly decisionId: string;
  readonly version: string;
  readonly arm: string;
  readonly reason: string;
  readonly trips: readonly { rule: string; value: number; limit: number; action: string }[];
  readonly values: Readonly<Record<string, readonly number[]>>;
}

const text = (answer: ModelInferResponse, name: string): string =>
  String(answer.parameters[name]?.parameterChoice?.value ?? '');

function valuesOf(answer: ModelInferResponse): Record<string, number[]> {
  return Object.fromEntries(
    answer.outputs.map((o, i) => {
      const bytes = Uint8Array.from(answer.rawOutputContents[i] ?? []).buffer;
      if (o.datatype === 'FP32') return [o.name, [...new Float32Array(bytes)]];
      if (o.datatype === 'INT64') return [o.name, [...new BigInt64Array(bytes)].map(Number)];
      return [o.name, [...new Uint8Array(bytes)]];
    }),
  );
}

export function infer(server: ModelServerProcess, request: ModelInferRequest, token?: string): Promise<Told> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve, reject) => {
    server.inference.modelInfer(request, metadata, { deadline: Date.now() + 20_000 }, (error, answer) => {
      if (error) return reject(error);
      const guardrail = text(answer, 'guardrail');
      resolve({
        answer,
        decisionId: text(answer, 'decision_id'),
        version: text(answer, 'served_version'),
        arm: text(answer, 'arm'),
        reason: text(answer, 'reason'),
        trips: guardrail === '' ? [] : JSON.parse(guardrail),
        values: valuesOf(answer),
      });
    });
  });
}

export interface Refused {
  readonly code: number;
  readonly message: string;
  /** ErrorInfo.reason: the AssayError code. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The refusal of a call that must be refused, with its google.rpc details. */
export async function refusal(call: Promise<unknown>): Promise<Refused> {
  const error = await call.then(
    () => undefined,
    (cause: ServiceError) => cause,
  );
  if (error === undefined) throw new Error('the call was not refused');
  const [packed] = error.metadata.get('grpc-status-details-bin');
  const details = packed === undefined ? [] : Status.decode(packed as Buffer).details;
  const info = details.find((d) => d.typeUrl.endsWith('ErrorInfo'));
  const { reason, metadata } = info ? ErrorInfo.decode(info.value) : { reason: '', metadata: {} };
  return { code: error.code, message: error.details, reason, metadata };
}
