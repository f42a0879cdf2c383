import { AssayError } from '@assay/domain/errors';
import type { FamilySpec, TensorSpec } from '@assay/domain/families/family';
import { ONNX_DATATYPES } from '@assay/domain/model-check/onnx-datatypes';
import type { Port, Session } from './session.ts';

/** Throws MODEL_SIGNATURE when the model is not one of the family. */
export function checkSignature(file: string, session: Session, spec: FamilySpec): void {
  const sides = [
    { side: 'input', found: session.inputs, wanted: spec.modelInputs },
    { side: 'output', found: session.outputs, wanted: spec.modelOutputs },
  ];
  for (const { side, found, wanted } of sides) {
    const text = found.map(describe).join(', ');
    if (found.length !== wanted.length || !wanted.every((w, i) => matches(found[i], w)))
      throw new AssayError(
        'MODEL_SIGNATURE',
        `Cannot use model "${file}" for family "${spec.family}": its ${side}s are ${text}, not ${wanted.map((w) => `${w.name} ${w.datatype}[${w.shape}]`).join(', ')}`,
      );
  }
}

const describe = (p: Port): string =>
  p.type === 0
    ? `${p.name} (no tensor)`
    : `${p.name} ${ONNX_DATATYPES[p.type] ?? `type ${p.type}`}[${p.shape.join(',')}]`;

const matches = (found: Port | undefined, wanted: TensorSpec): boolean =>
  found?.name === wanted.name &&
  ONNX_DATATYPES[found.type] === wanted.datatype &&
  found.shape.length === wanted.shape.length &&
  wanted.shape.every((n, i) => (n === -1 ? typeof found.shape[i] === 'string' : found.shape[i] === n));

/** One row and three rows of zeros: a model with a frozen batch dimension fails here and not before a customer. Throws MODEL_FAILED. */
export function warmUp(session: Session, spec: FamilySpec): void {
  const [input] = spec.modelInputs;
  const [output] = spec.modelOutputs;
  for (const rows of [1, 3]) {
    const size = (shape: readonly number[] = []): number =>
      shape.reduce((n, d) => n * (d === -1 ? rows : d), 1);
    const shape = (input?.shape ?? []).map((d) => (d === -1 ? rows : d));
    const answer = firstRun(session, new Float32Array(size(input?.shape)), shape);
    if (answer.length !== size(output?.shape))
      throw new AssayError(
        'MODEL_FAILED',
        `Cannot warm up the model: ${rows} rows gave ${answer.length} values, not ${size(output?.shape)}`,
      );
  }
}

function firstRun(session: Session, data: Float32Array, shape: readonly number[]): Float32Array {
  try {
    return session.run(data, shape);
  } catch (cause) {
    throw new AssayError('MODEL_FAILED', `Cannot run the model: ${(cause as Error).message}`, { cause });
  }
}
