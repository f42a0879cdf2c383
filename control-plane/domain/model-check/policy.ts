import { AssayError } from '../errors.ts';

/** What a model file may hold. Every limit is a rule of `rules.ts`. */
export interface CheckPolicy {
  readonly maxFileBytes: number;
  /** Of the whole folder, weights beside the file included. */
  readonly maxTotalBytes: number;
  readonly maxFiles: number;
  readonly maxNodes: number;
  readonly maxIrVersion: number;
  /** Operator domains that may be used, and the versions that the pinned onnxruntime runs. */
  readonly opsets: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
  /** `domain/Operator`, and why. */
  readonly forbidden: Readonly<Record<string, string>>;
  readonly externalData: 'inside-folder' | 'none';
  readonly readTimeoutMs: number;
  readonly sampleTimeoutMs: number;
  /** Resident memory of the process that reads or runs the model. */
  readonly memoryBytes: number;
}

const RANDOM = 'it draws at random, so that no prediction can be replayed';

/**
 * Versions: what onnxruntime-node 1.30.0 loads (test/contracts/model-check-limits.test.ts measures it again). `ZipMap`
 * answers a sequence of maps, which Node's onnxruntime cannot hand over.
 */
export const DEFAULT_CHECK_POLICY: CheckPolicy = {
  maxFileBytes: 512 * 2 ** 20,
  maxTotalBytes: 2 * 2 ** 30,
  maxFiles: 10_000,
  maxNodes: 100_000,
  maxIrVersion: 13,
  opsets: { 'ai.onnx': { min: 7, max: 26 }, 'ai.onnx.ml': { min: 1, max: 5 } },
  forbidden: {
    'ai.onnx/RandomNormal': RANDOM,
    'ai.onnx/RandomNormalLike': RANDOM,
    'ai.onnx/RandomUniform': RANDOM,
    'ai.onnx/RandomUniformLike': RANDOM,
    'ai.onnx/Multinomial': RANDOM,
    'ai.onnx/Bernoulli': RANDOM,
    'ai.onnx.ml/ZipMap': 'it answers maps, and Assay serves tensors',
    'com.microsoft/EPContext': 'it loads a binary from a path that the model names',
  },
  externalData: 'inside-folder',
  readTimeoutMs: 30_000,
  sampleTimeoutMs: 30_000,
  memoryBytes: 1.5 * 2 ** 30,
};

const NUMBERS = [
  'maxFileBytes',
  'maxTotalBytes',
  'maxFiles',
  'maxNodes',
  'maxIrVersion',
  'readTimeoutMs',
  'sampleTimeoutMs',
  'memoryBytes',
] as const;

/** A policy file: any of the fields, the rest as by default. Throws POLICY_INVALID. */
export function parseCheckPolicy(text: string): CheckPolicy {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new AssayError('POLICY_INVALID', 'Cannot use the model policy: it is no JSON', { cause });
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw bad('', 'it is no JSON object');
  const fields = given as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) checkField(name, value);
  return { ...DEFAULT_CHECK_POLICY, ...(fields as Partial<CheckPolicy>) };
}

const bad = (field: string, text: string): AssayError =>
  new AssayError('POLICY_INVALID', `Cannot use the model policy: ${text}`, { field });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkField(name: string, value: unknown): void {
  if (!Object.hasOwn(DEFAULT_CHECK_POLICY, name)) throw bad(name, `"${name}" is no field of it`);
  const shown = JSON.stringify(value);
  if ((NUMBERS as readonly string[]).includes(name) && !(Number.isSafeInteger(value) && Number(value) > 0))
    throw bad(name, `"${name}" must be a whole number above 0, not ${shown}`);
  if (name === 'externalData' && value !== 'inside-folder' && value !== 'none')
    throw bad(name, `"externalData" must be "inside-folder" or "none", not ${shown}`);
  if (name === 'forbidden' && !(isRecord(value) && Object.values(value).every((w) => typeof w === 'string')))
    throw bad(name, `"forbidden" must map domain/Operator to a reason, not ${shown}`);
  if (name === 'opsets' && !(isRecord(value) && Object.values(value).every(isRange)))
    throw bad(name, `"opsets" must map a domain to {"min", "max"}, not ${shown}`);
}

const isRange = (value: unknown): boolean =>
  isRecord(value) &&
  Number.isSafeInteger(value.min) &&
  Number.isSafeInteger(value.max) &&
  Number(value.min) <= Number(value.max);
