import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AssayError } from '@assay/domain/errors';
import type { FamilySpec, TensorSpec } from '@assay/domain/families/family';
import { Batcher } from './batcher.ts';
import { type BatchRule, batchRule } from './batches.ts';
import { openSession, type Port, type Session } from './session.ts';

/** A float matrix for the model; every family's model takes one. */
export interface ModelInput {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** A session that answered its warm-up. `run` calls in progress keep it from being released. */
export interface LoadedModel {
  readonly digest: string;
  readonly batches: BatchRule;
  run(input: ModelInput): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Names of ONNX element types (TensorProto.DataType), for people and for signatures. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
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
  const session = open(file, bytes);
  checkSignature(file, session, spec);
  warmUp(session, spec);
  return hosted(session, digest, await batchRule(session, spec.modelInputs[0]?.shape.slice(1) ?? []));
}

function open(file: string, bytes: Buffer): Session {
  try {
    return openSession(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });
  } catch (cause) {
    throw new AssayError('MODEL_NOT_ONNX', `Cannot load model "${file}": ${(cause as Error).message}`, {
      cause,
    });
  }
}

function checkSignature(file: string, session: Session, spec: FamilySpec): void {
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
    : `${p.name} ${TYPES[p.type] ?? `type ${p.type}`}[${p.shape.join(',')}]`;

const matches = (found: Port | undefined, wanted: TensorSpec): boolean =>
  found?.name === wanted.name &&
  TYPES[found.type] === wanted.datatype &&
  found.shape.length === wanted.shape.length &&
  wanted.shape.every((n, i) => (n === -1 ? typeof found.shape[i] === 'string' : found.shape[i] === n));

function hosted(session: Session, digest: string, batches: BatchRule): LoadedModel {
  const batcher = new Batcher(session, batches);
  let running = 0;
  let closing: (() => void) | undefined;
  return {
    digest,
    batches,
    async run(input) {
      running++;
      try {
        return await batcher.run(input);
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
      session.release();
    },
  };
}

/** One row and three rows of zeros: a model with a frozen batch dimension fails here and not before a customer. */
function warmUp(session: Session, spec: FamilySpec): void {
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
