import { AssayError } from '@assay/domain/errors';
import type { FamilySpec, TensorSpec } from '@assay/domain/families/family';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const TYPES: Readonly<Record<string, TensorSpec['datatype']>> = {
  float32: 'FP32',
  float64: 'FP64',
  int64: 'INT64',
  bool: 'BOOL',
  string: 'BYTES',
};

/** Loads a model file and checks it against the family. Throws MODEL_NOT_ONNX, MODEL_SIGNATURE. */
export async function openModel(file: string, spec: FamilySpec): Promise<InferenceSession> {
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  }).catch((cause: unknown) => {
    throw new AssayError('MODEL_NOT_ONNX', `Cannot load the model: ${(cause as Error).message}`, { cause });
  });
  checkTensors('input', session.inputMetadata, spec.modelInputs, spec.family);
  checkTensors('output', session.outputMetadata, spec.modelOutputs, spec.family);
  return session;
}

function checkTensors(
  side: 'input' | 'output',
  found: readonly InferenceSession.ValueMetadata[],
  wanted: readonly TensorSpec[],
  family: string,
): void {
  const names = found.map((f) => f.name).join(', ');
  if (found.length !== wanted.length)
    throw wrong(family, `${side}s are ${names}, not ${wanted.map((w) => w.name).join(', ')}`);
  for (const [i, spec] of wanted.entries()) {
    const value = found[i];
    if (value === undefined || value.name !== spec.name)
      throw wrong(family, `${side} ${i} is "${value?.name}", not "${spec.name}"`);
    if (!value.isTensor) throw wrong(family, `${side} "${spec.name}" is no tensor (ZipMap must be off)`);
    const datatype = TYPES[value.type] ?? value.type;
    if (datatype !== spec.datatype)
      throw wrong(family, `${side} "${spec.name}" is ${datatype}, not ${spec.datatype}`);
    if (!fits(value.shape, spec.shape))
      throw wrong(
        family,
        `${side} "${spec.name}" has shape [${value.shape.join(', ')}], not [${spec.shape.join(', ')}]`,
      );
  }
}

/** A free dimension must be free; the others must be equal. */
const fits = (found: readonly (number | string)[], wanted: readonly number[]): boolean =>
  found.length === wanted.length &&
  wanted.every((n, i) => (n === -1 ? typeof found[i] === 'string' || found[i] === -1 : found[i] === n));

const wrong = (family: string, text: string): AssayError =>
  new AssayError('MODEL_SIGNATURE', `Cannot use the model for family "${family}": ${text}`);

/** One run; answers the first output, flat. Throws EVALUATION_FAILED. */
export async function predict(
  session: InferenceSession,
  data: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  try {
    const answers = await session.run({ [input]: new Tensor('float32', data, [...shape]) });
    return answers[output]?.data as Float32Array;
  } catch (cause) {
    throw new AssayError('EVALUATION_FAILED', `Cannot run the model: ${(cause as Error).message}`, { cause });
  }
}
