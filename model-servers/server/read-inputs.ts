import { AssayError, type ErrorCode } from '@assay/domain/errors';
import type { FamilySpec, TensorSpec } from '@assay/domain/families/family';
import type {
  ModelInferRequest_InferInputTensor as InputTensor,
  ModelInferRequest,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { ELEMENT_BYTES, rawOfTyped, strangeField } from '../runtime/datatypes.ts';
import { firstNotFinite, float32, inPlace, type WireTensor } from '../runtime/tensor.ts';

const refuse = (code: ErrorCode, text: string, field: string): AssayError =>
  new AssayError(code, `Cannot read the request: ${text}`, { field });

/** The request's tensors, checked, in the order of the family's requestInputs. Throws INPUT_…, OUTPUT_UNKNOWN. */
export function readInputs(spec: FamilySpec, request: ModelInferRequest): readonly WireTensor[] {
  const { inputs, rawInputContents: raw } = request;
  for (const [i, o] of request.outputs.entries())
    if (!spec.responseOutputs.some((s) => s.name === o.name))
      throw refuse('OUTPUT_UNKNOWN', `output "${o.name}" is not known`, `outputs[${i}].name`);
  assertNames(spec, inputs);
  if (raw.length > 0 && raw.length !== inputs.length)
    throw refuse(
      'INPUT_BYTES',
      `${raw.length} raw contents for ${inputs.length} inputs`,
      'raw_input_contents',
    );
  let rows: number | undefined;
  return spec.requestInputs.map((wanted) => {
    const i = inputs.findIndex((t) => t.name === wanted.name);
    const tensor = readTensor(inputs[i] as InputTensor, i, wanted, raw.length > 0 ? raw[i] : undefined);
    rows ??= tensor.shape[0];
    if (tensor.shape[0] !== rows)
      throw refuse(
        'INPUT_SHAPE',
        `input "${wanted.name}" has ${tensor.shape[0]} rows, the first input ${rows}`,
        `inputs[${i}].shape`,
      );
    return tensor;
  });
}

function assertNames(spec: FamilySpec, inputs: readonly InputTensor[]): void {
  const names = new Set<string>();
  for (const [i, { name }] of inputs.entries()) {
    if (!spec.requestInputs.some((s) => s.name === name))
      throw refuse('INPUT_UNKNOWN', `input "${name}" is not known`, `inputs[${i}].name`);
    if (names.has(name)) throw refuse('INPUT_UNKNOWN', `input "${name}" is there twice`, `inputs[${i}].name`);
    names.add(name);
  }
  for (const { name } of spec.requestInputs)
    if (!names.has(name)) throw refuse('INPUT_MISSING', `input "${name}" is missing`, 'inputs');
}

function readTensor(found: InputTensor, i: number, wanted: TensorSpec, raw: Buffer | undefined): WireTensor {
  const { name, datatype } = found;
  if (datatype !== wanted.datatype)
    throw refuse(
      'INPUT_DATATYPE',
      `input "${name}" is ${datatype}, not ${wanted.datatype}`,
      `inputs[${i}].datatype`,
    );
  const shape = readShape(found, i, wanted);
  const data = contentsOf(found, i, raw);
  const bytes = shape.reduce((n, d) => n * d, ELEMENT_BYTES.get(datatype) ?? 0);
  if (data.length !== bytes)
    throw refuse(
      'INPUT_BYTES',
      `input "${name}" has ${data.length} bytes; its shape [${shape}] needs ${bytes}`,
      raw === undefined ? `inputs[${i}].contents` : `raw_input_contents[${i}]`,
    );
  const tensor = { name, datatype, shape, data: inPlace(data) };
  if (datatype === 'FP32') assertFinite(tensor, i);
  return tensor;
}

/** Largest number of rows; keeps every product far below 2^53. */
const MAX_ROWS = 1n << 24n;

function readShape(found: InputTensor, i: number, wanted: TensorSpec): readonly number[] {
  const fits =
    found.shape.length === wanted.shape.length &&
    wanted.shape.every((d, k) => {
      const n = found.shape[k] as bigint;
      return d === -1 ? n >= 1n && n <= MAX_ROWS : n === BigInt(d);
    });
  if (!fits)
    throw refuse(
      'INPUT_SHAPE',
      `input "${found.name}" has shape [${found.shape.join(', ')}], not [${wanted.shape.join(', ')}] with at least one row`,
      `inputs[${i}].shape`,
    );
  return found.shape.map(Number);
}

function contentsOf({ name, datatype, contents }: InputTensor, i: number, raw: Buffer | undefined): Buffer {
  if (contents === undefined) return raw ?? Buffer.alloc(0);
  const strange = strangeField(datatype, contents);
  if (strange !== undefined)
    throw refuse(
      'INPUT_BYTES',
      `input "${name}" is ${datatype} and has values in ${strange}`,
      `inputs[${i}].contents`,
    );
  const typed = rawOfTyped(datatype, contents);
  if (raw !== undefined && typed.length > 0)
    throw refuse('INPUT_BYTES', `input "${name}" has raw and typed contents`, `inputs[${i}].contents`);
  return raw ?? typed;
}

function assertFinite(tensor: WireTensor, i: number): void {
  const values = float32(tensor);
  const k = firstNotFinite(values);
  if (k !== undefined)
    throw refuse(
      'INPUT_NOT_FINITE',
      `input "${tensor.name}" has ${values[k]} at index ${k}`,
      `inputs[${i}].contents[${k}]`,
    );
}
