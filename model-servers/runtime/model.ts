import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AssayError } from '@assay/domain/errors';
import type { FamilySpec, TensorSpec } from '@assay/domain/families/family';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A float matrix for the model; every family's model takes one. */
export interface ModelInput {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** A session that answered its warm-up. `run` calls in progress keep it from being released. */
export interface LoadedModel {
  readonly digest: string;
  run(input: ModelInput): Promise<Float32Array>;
  release(): Promise<void>;
}

const TYPES: Readonly<Record<string, TensorSpec['datatype']>> = {
  float32: 'FP32',
  float64: 'FP64',
  int64: 'INT64',
  bool: 'BOOL',
  string: 'BYTES',
};

export const RUNTIME = `onnxruntime-node/1.30.0 node/${process.versions.node} ${process.platform}-${process.arch} cpu`;

/** A model file's bytes and their hex SHA-256. */
export interface ModelFile {
  readonly file: string;
  readonly bytes: Buffer;
  readonly digest: string;
}

/** Throws MODEL_MISSING, MODEL_DIGEST. */
export async function readModel(file: string, digest: string | undefined): Promise<ModelFile> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AssayError('MODEL_MISSING', `Cannot load model "${file}": ${(cause as Error).message}`, {
      cause,
    });
  });
  const found = createHash('sha256').update(bytes).digest('hex');
  if (digest !== undefined && digest !== found)
    throw new AssayError(
      'MODEL_DIGEST',
      `Cannot load model "${file}": its SHA-256 is ${found}, the plan says ${digest}`,
    );
  return { file, bytes, digest: found };
}

/** Throws MODEL_NOT_ONNX, MODEL_SIGNATURE, MODEL_FAILED (warm-up). */
export async function openModel({ file, bytes, digest }: ModelFile, spec: FamilySpec): Promise<LoadedModel> {
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  }).catch((cause: unknown) => {
    throw new AssayError('MODEL_NOT_ONNX', `Cannot load model "${file}": ${(cause as Error).message}`, {
      cause,
    });
  });
  checkSignature(file, session, spec);
  const model = hosted(session, digest);
  await warmUp(model, spec);
  return model;
}

function checkSignature(file: string, session: InferenceSession, spec: FamilySpec): void {
  const sides = [
    { side: 'input', found: session.inputMetadata, wanted: spec.modelInputs },
    { side: 'output', found: session.outputMetadata, wanted: spec.modelOutputs },
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

const describe = (m: InferenceSession.ValueMetadata): string =>
  m.isTensor ? `${m.name} ${TYPES[m.type] ?? m.type}[${m.shape.join(',')}]` : `${m.name} (no tensor)`;

const matches = (found: InferenceSession.ValueMetadata | undefined, wanted: TensorSpec): boolean =>
  found?.isTensor === true &&
  found.name === wanted.name &&
  TYPES[found.type] === wanted.datatype &&
  found.shape.length === wanted.shape.length &&
  wanted.shape.every((n, i) => (n === -1 ? typeof found.shape[i] === 'string' : found.shape[i] === n));

function hosted(session: InferenceSession, digest: string): LoadedModel {
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  let running = 0;
  let closing: (() => void) | undefined;
  return {
    digest,
    async run({ data, shape }) {
      running++;
      try {
        const answers = await session.run({ [input]: new Tensor('float32', data, shape) });
        return answers[output]?.data as Float32Array;
      } catch (cause) {
        throw new AssayError('MODEL_FAILED', `Cannot run the model: ${(cause as Error).message}`, { cause });
      } finally {
        if (--running === 0) closing?.();
      }
    },
    async release() {
      if (running > 0)
        await new Promise<void>((resolve) => {
          closing = resolve;
        });
      await session.release();
    },
  };
}

/** One row and three rows of zeros: a model with a frozen batch dimension fails here and not before a customer. */
async function warmUp(model: LoadedModel, spec: FamilySpec): Promise<void> {
  const [input] = spec.modelInputs;
  const [output] = spec.modelOutputs;
  for (const rows of [1, 3]) {
    const size = (shape: readonly number[] = []): number =>
      shape.reduce((n, d) => n * (d === -1 ? rows : d), 1);
    const shape = (input?.shape ?? []).map((d) => (d === -1 ? rows : d));
    const answer = await model.run({ data: new Float32Array(size(input?.shape)), shape });
    if (answer.length !== size(output?.shape))
      throw new AssayError(
        'MODEL_FAILED',
        `Cannot warm up the model: ${rows} rows gave ${answer.length} values, not ${size(output?.shape)}`,
      );
  }
}
