import type { TensorSpec } from '@assay/domain/families/family';
import type {
  InferParameter,
  ModelInferRequest,
  ModelInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import type { PoolInput } from '../pool-row.ts';

/** Response tensors by name, as numbers. */
export type ServedTensors = Readonly<Record<string, readonly number[]>>;

const text = (value: string): InferParameter => ({ parameterChoice: { $case: 'stringParam', value } });

/** Row-major little-endian bytes, as OIP raw contents. */
function rawBytes(input: PoolInput): Buffer {
  const { data, datatype } = input;
  switch (datatype) {
    case 'FP32':
      return Buffer.from(Float32Array.from(data as ArrayLike<number>).buffer);
    case 'FP64':
      return Buffer.from(Float64Array.from(data as ArrayLike<number>).buffer);
    case 'INT64':
      return Buffer.from(BigInt64Array.from(Array.from(data as ArrayLike<number>, (x) => BigInt(x))).buffer);
    case 'BOOL':
      return Buffer.from(Array.from(data as ArrayLike<number>, (x) => (x ? 1 : 0)));
    case 'BYTES':
      throw new TypeError(`input "${input.name}": the shop sends no BYTES`);
  }
}

export interface Ask {
  readonly endpoint: string;
  readonly requestId: string;
  readonly unit?: string;
  /** Pins a version; the answer then belongs to no experiment. */
  readonly version?: string;
  readonly inputs: readonly PoolInput[];
}

export const toRequest = (ask: Ask): ModelInferRequest => ({
  modelName: ask.endpoint,
  modelVersion: ask.version ?? '',
  id: ask.requestId,
  parameters: ask.unit === undefined ? {} : { unit_id: text(ask.unit) },
  inputs: ask.inputs.map((i) => ({
    name: i.name,
    datatype: i.datatype,
    shape: i.shape.map(BigInt),
    parameters: {},
    contents: undefined,
  })),
  outputs: [],
  rawInputContents: ask.inputs.map(rawBytes),
});

const READERS: Readonly<
  Record<TensorSpec['datatype'], { size: number; read: (v: DataView, at: number) => number }>
> = {
  FP32: { size: 4, read: (v, at) => v.getFloat32(at, true) },
  FP64: { size: 8, read: (v, at) => v.getFloat64(at, true) },
  INT64: { size: 8, read: (v, at) => Number(v.getBigInt64(at, true)) },
  BOOL: { size: 1, read: (v, at) => v.getUint8(at) },
  BYTES: { size: 1, read: () => Number.NaN },
};

/** Every output tensor of an answer; raw contents are views of any alignment. */
export function servedTensors(answer: ModelInferResponse): ServedTensors {
  const served: Record<string, number[]> = {};
  for (const [i, output] of answer.outputs.entries()) {
    const bytes = answer.rawOutputContents[i];
    const reader = READERS[output.datatype as TensorSpec['datatype']];
    if (bytes === undefined || reader === undefined) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    served[output.name] = Array.from({ length: bytes.byteLength / reader.size }, (_, k) =>
      reader.read(view, k * reader.size),
    );
  }
  return served;
}

/** A text parameter of an answer; "" when it is absent. */
export function parameterOf(answer: ModelInferResponse, name: string): string {
  const choice = answer.parameters[name]?.parameterChoice;
  return choice?.$case === 'stringParam' ? choice.value : '';
}
