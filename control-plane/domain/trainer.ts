import { canonicalJson } from './canonical-json.ts';
import { AssayError, type ErrorCode } from './errors.ts';
import { FAMILY_NAMES, type Family, type FamilySpec, type TensorSpec } from './families/family.ts';
import { sha256Hex } from './sha256.ts';

/** snapshot.json of the trainer contract (workflows/trainers/README.md). */
export interface Snapshot {
  readonly version: 1;
  readonly family: Family;
  readonly source: string;
  readonly licence: string;
  readonly label_origin: 'real' | 'simulator' | 'evidence';
  readonly created_at_ms: number;
  readonly rows: number;
  readonly train_rows: number;
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly rows: number }>>;
  /** SHA-256 of the canonical JSON of `files`. */
  readonly digest: string;
}

export interface TrainerMetrics {
  readonly quality: { readonly name: string; readonly value: number };
  readonly naive: { readonly name: string; readonly value: number; readonly what: string };
  readonly extra: Readonly<Record<string, number>>;
  readonly train_seconds: number;
}

export interface Reference {
  readonly features: Readonly<
    Record<string, { readonly edges: readonly number[]; readonly counts: readonly number[] }>
  >;
}

export interface Tensor {
  readonly datatype: TensorSpec['datatype'];
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** sample.json: one prediction that the loaded model must repeat within SAMPLE_TOLERANCE. */
export interface SamplePrediction {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}
export const SAMPLE_TOLERANCE = 1e-4;

/** What a training must leave in its folder. */
export const TRAINER_OUTPUTS = [
  'model.onnx',
  'metrics.json',
  'signature.json',
  'reference.json',
  'model-card.md',
  'sample.json',
  'environment.txt',
] as const;

/** Written beside them by Assay itself: the lock of the environment that trained, where the trainer has one. */
export const ENVIRONMENT_LOCK = 'requirements.lock.txt';
/** Tag of run and version: SHA-256 of that file. */
export const ENVIRONMENT_TAG = 'assay.environment';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (v: unknown): v is Fields => typeof v === 'object' && v !== null && !Array.isArray(v);
const isCount = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v) && v >= 0;
const isFiniteNumber = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);
const isNumbers = (v: unknown): v is readonly number[] => Array.isArray(v) && v.every(isFiniteNumber);

function fields(text: string, code: ErrorCode, file: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AssayError(code, `Cannot read ${file}: it is not JSON`, { cause, field: file });
  }
  if (!isFields(value))
    throw new AssayError(code, `Cannot read ${file}: it is not a JSON object`, { field: file });
  return value;
}

const ORIGINS = ['real', 'simulator', 'evidence'];

/** Parses snapshot.json; its digest must be that of its files. Throws SNAPSHOT_INVALID. */
export function parseSnapshot(text: string): Snapshot {
  const v = fields(text, 'SNAPSHOT_INVALID', 'snapshot.json');
  const wrong = (field: string, rule: string): AssayError =>
    new AssayError('SNAPSHOT_INVALID', `Cannot read snapshot.json: "${field}" ${rule}`, { field });
  if (v.version !== 1) throw wrong('version', `is ${String(v.version)}, not 1`);
  if (!(FAMILY_NAMES as readonly unknown[]).includes(v.family)) throw wrong('family', 'names no family');
  for (const name of ['source', 'licence', 'digest'])
    if (typeof v[name] !== 'string') throw wrong(name, 'is not text');
  if (!ORIGINS.includes(String(v.label_origin)))
    throw wrong('label_origin', `is not one of ${ORIGINS.join(', ')}`);
  for (const name of ['created_at_ms', 'rows', 'train_rows'])
    if (!isCount(v[name])) throw wrong(name, 'is not a count');
  const { files } = v;
  if (!isFields(files)) throw wrong('files', 'is not an object');
  for (const name of ['train.csv', 'holdout.csv']) {
    const file = files[name];
    if (!isFields(file) || typeof file.sha256 !== 'string' || !isCount(file.rows))
      throw wrong(`files["${name}"]`, 'has no sha256 and rows');
  }
  const snapshot = v as unknown as Snapshot;
  const digest = sha256Hex(canonicalJson(snapshot.files));
  if (digest !== snapshot.digest)
    throw wrong('digest', `is ${snapshot.digest}, but its files give ${digest}`);
  return snapshot;
}

const invalid = (file: string, rule: string): AssayError =>
  new AssayError('TRAINER_OUTPUT_INVALID', `Cannot accept ${file} of the training: ${rule}`, { field: file });

/** Throws TRAINER_OUTPUT_INVALID. What it claims is kept, never trusted: Assay evaluates for itself. */
export function parseMetrics(text: string, spec: FamilySpec): TrainerMetrics {
  const file = 'metrics.json';
  const v = fields(text, 'TRAINER_OUTPUT_INVALID', file);
  const { quality, naive, extra } = v;
  if (!isFields(quality) || quality.name !== spec.quality.name || !isFiniteNumber(quality.value))
    throw invalid(file, `"quality" must be {"name": "${spec.quality.name}", "value": a number}`);
  if (!isFields(naive) || !isFiniteNumber(naive.value) || typeof naive.what !== 'string')
    throw invalid(file, '"naive" must have a number "value" and a text "what"');
  if (!isFields(extra) || !Object.values(extra).every(isFiniteNumber))
    throw invalid(file, '"extra" must be an object of numbers');
  if (!isFiniteNumber(v.train_seconds)) throw invalid(file, '"train_seconds" must be a number');
  return v as unknown as TrainerMetrics;
}

const sameSpec = (a: unknown, b: TensorSpec): boolean =>
  isFields(a) &&
  a.name === b.name &&
  a.datatype === b.datatype &&
  isNumbers(a.shape) &&
  a.shape.length === b.shape.length &&
  a.shape.every((n, i) => n === b.shape[i]);

const described = (specs: readonly TensorSpec[]): string =>
  specs.map((s) => `${s.name} ${s.datatype}[${s.shape.join(',')}]`).join(', ');

/** signature.json must be the family's own. Throws TRAINER_OUTPUT_INVALID. */
export function checkSignature(text: string, spec: FamilySpec): void {
  const file = 'signature.json';
  const v = fields(text, 'TRAINER_OUTPUT_INVALID', file);
  for (const [key, wanted] of [
    ['inputs', spec.modelInputs],
    ['outputs', spec.modelOutputs],
  ] as const) {
    const found = v[key];
    const same =
      Array.isArray(found) && found.length === wanted.length && wanted.every((w, i) => sameSpec(found[i], w));
    if (!same)
      throw invalid(file, `"${key}" must be ${described(wanted)} (family ${spec.family}), in this order`);
  }
}

/** Throws TRAINER_OUTPUT_INVALID. */
export function parseReference(text: string, spec: FamilySpec): Reference {
  const file = 'reference.json';
  const { features } = fields(text, 'TRAINER_OUTPUT_INVALID', file);
  if (!isFields(features)) throw invalid(file, '"features" is not an object');
  for (const name of spec.featureNames) {
    const bins = features[name];
    const whole = isFields(bins) && isNumbers(bins.edges) && isNumbers(bins.counts);
    if (!whole) throw invalid(file, `feature "${name}" has no edges and counts`);
    const { edges, counts } = bins as { edges: readonly number[]; counts: readonly number[] };
    if (counts.length !== edges.length + 1)
      throw invalid(file, `feature "${name}" has ${edges.length} edges and ${counts.length} counts`);
  }
  return { features } as unknown as Reference;
}

const isTensors = (v: unknown): boolean =>
  isFields(v) &&
  Object.keys(v).length > 0 &&
  Object.values(v).every(
    (t) =>
      isFields(t) &&
      typeof t.datatype === 'string' &&
      isNumbers(t.shape) &&
      isNumbers(t.data) &&
      t.data.length === t.shape.reduce((a, b) => a * b, 1),
  );

/** Throws TRAINER_OUTPUT_INVALID. */
export function parseSample(text: string): SamplePrediction {
  const file = 'sample.json';
  const v = fields(text, 'TRAINER_OUTPUT_INVALID', file);
  for (const key of ['inputs', 'outputs'])
    if (!isTensors(v[key]))
      throw invalid(file, `"${key}" is not an object of tensors whose data fill their shape`);
  return v as unknown as SamplePrediction;
}

/** One line of a trainer's standard output that speaks the contract; undefined for plain log text. */
export type TrainerLine =
  | { readonly kind: 'progress'; readonly progress: number; readonly message: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export function parseTrainerLine(line: string): TrainerLine | undefined {
  if (!line.startsWith('{')) return undefined;
  let v: unknown;
  try {
    v = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isFields(v)) return undefined;
  const message = typeof v.message === 'string' ? v.message : '';
  if (typeof v.refused === 'string') return { kind: 'refused', code: v.refused, message };
  if (isFiniteNumber(v.progress) && v.progress >= 0 && v.progress <= 1)
    return { kind: 'progress', progress: v.progress, message };
  return undefined;
}
