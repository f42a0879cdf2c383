import type { StatedSide, StatedSignature } from '@assay/domain/model-check/facts';
import { parse } from 'yaml';

/** numpy's names, as MLflow writes them, to the Open Inference Protocol's. */
const DATATYPES: Readonly<Record<string, string>> = {
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  bool: 'BOOL',
  object: 'BYTES',
  str: 'BYTES',
};

export interface MlModel {
  /** File or folder of the ONNX flavour; null where the model has another flavour. */
  readonly onnxData: string | null;
  readonly signature: StatedSignature | null;
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Reads MLflow's MLmodel file (YAML whose signature is JSON in texts). Throws an Error that says what is wrong. */
export function parseMlModel(text: string): MlModel {
  const file = fieldsOf(parse(text, { maxAliasCount: 16 }));
  const data = fieldsOf(fieldsOf(file.flavors).onnx).data;
  const { inputs, outputs } = fieldsOf(file.signature);
  return {
    onnxData: typeof data === 'string' ? data : null,
    signature:
      typeof inputs === 'string'
        ? { inputs: sideOf(inputs), outputs: typeof outputs === 'string' ? sideOf(outputs) : null }
        : null,
  };
}

function sideOf(json: string): StatedSide {
  const list: unknown = JSON.parse(json);
  if (!Array.isArray(list)) throw new Error('its signature is no list');
  const specs = list.map(fieldsOf);
  if (specs.every((s) => s.type === 'tensor')) return { kind: 'tensors', tensors: specs.map(tensorOf) };
  return { kind: 'columns', names: specs.map((s) => String(s.name ?? '')) };
}

function tensorOf(spec: Fields) {
  const { dtype, shape } = fieldsOf(spec['tensor-spec']);
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n)))
    throw new Error('its signature has a tensor without a shape');
  return {
    name: typeof spec.name === 'string' ? spec.name : null,
    datatype: DATATYPES[String(dtype)] ?? String(dtype),
    shape: shape as number[],
  };
}
