import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import type { Family } from '@assay/domain/families/family';
import type { EvidenceSource } from '@assay/domain/ports/evidence-source';
import type { ModelEvaluator } from '@assay/domain/ports/model-evaluator';
import type { SnapshotBuilder } from '@assay/domain/ports/snapshot-builder';
import type { TrainingRunner } from '@assay/domain/ports/training-runner';
import {
  checkSignature,
  ENVIRONMENT_LOCK,
  parseMetrics,
  parseReference,
  type Snapshot,
  TRAINER_OUTPUTS,
  type TrainerMetrics,
} from '@assay/domain/trainer';

/** Where a training's rows come from; `real-log` is ranking's negative control. */
export type RowsSource =
  | { readonly kind: 'sample' }
  | { readonly kind: 'real-log' }
  | {
      readonly kind: 'evidence';
      readonly endpoint: string;
      readonly sinceMs: number;
      readonly lastRows: number;
    };

export interface PrepareSnapshotInput {
  /** Names the snapshot when it is made of evidence; sample rows are shared by family and seed. */
  readonly id: string;
  readonly family: Family;
  readonly seed: number;
  readonly source: RowsSource;
}

export interface PreparedSnapshot {
  /** Relative to the state folder, as all paths here. */
  readonly snapshotDir: string;
  readonly digest: string;
  readonly rows: number;
  readonly trainRows: number;
  readonly labelOrigin: Snapshot['label_origin'];
}

export interface TrainModelInput {
  readonly family: Family;
  readonly recipe: string;
  readonly seed: number;
  readonly snapshotDir: string;
  readonly outDir: string;
}

export interface TrainedModel {
  readonly outDir: string;
  /** SHA-256 of model.onnx. */
  readonly digest: string;
  /** What the trainer claims; the gate evaluates for itself. */
  readonly metrics: TrainerMetrics;
  /** SHA-256 of the lock of the environment that trained it; null: the trainer has none. */
  readonly environment: string | null;
}

export interface TrainingDeps {
  readonly stateDir: string;
  readonly snapshots: SnapshotBuilder;
  readonly evidence: Pick<EvidenceSource, 'exportLabelled'>;
  readonly runner: TrainingRunner;
  readonly evaluator: ModelEvaluator;
  /** Command and folder of the family's trainer, and the lock of its environment, which it makes on first use. */
  readonly trainer: (
    family: Family,
  ) => Promise<{ command: readonly string[]; cwd: string; lock?: string | undefined }>;
  /** Of the activity's context: heartbeats, and settles when the activity is cancelled. */
  readonly context: () => { heartbeat: (details: unknown) => void; cancelled?: Promise<unknown> };
  /** Longest time without a progress line. */
  readonly stallMs: number;
}

/** Snapshots and trainings as activities: one plain object in and out, doing it again answers what is there. */
export const trainingActivities = (deps: TrainingDeps) => ({
  prepareSnapshot: (input: PrepareSnapshotInput): Promise<PreparedSnapshot> => prepareSnapshot(deps, input),
  train: (input: TrainModelInput): Promise<TrainedModel> => train(deps, input),
});

async function prepareSnapshot(deps: TrainingDeps, input: PrepareSnapshotInput): Promise<PreparedSnapshot> {
  const { family, seed, source } = input;
  const name =
    source.kind === 'evidence'
      ? `${family}-evidence-${fileName(input.id)}`
      : `${family}-${source.kind}-${seed}`;
  const snapshotDir = join('snapshots', name);
  const outDir = join(deps.stateDir, snapshotDir);
  const snapshot = await deps.snapshots.build({
    family,
    seed,
    outDir,
    source: source.kind === 'evidence' ? await exported(deps, input, source, outDir) : { kind: source.kind },
  });
  return {
    snapshotDir,
    digest: snapshot.digest,
    rows: snapshot.rows,
    trainRows: snapshot.train_rows,
    labelOrigin: snapshot.label_origin,
  };
}

async function exported(
  { evidence }: TrainingDeps,
  { family }: PrepareSnapshotInput,
  { endpoint, sinceMs, lastRows }: Extract<RowsSource, { kind: 'evidence' }>,
  outDir: string,
): Promise<{ kind: 'evidence'; file: string }> {
  const file = `${outDir}.labelled.csv`;
  await evidence.exportLabelled({ endpoint, family, sinceMs, lastRows, file });
  return { kind: 'evidence', file };
}

/** Ids of trainings may hold characters that file names may not. */
const fileName = (id: string): string => id.replaceAll(/[^A-Za-z0-9._-]/g, '_');

async function train(deps: TrainingDeps, input: TrainModelInput): Promise<TrainedModel> {
  const outDir = join(deps.stateDir, input.outDir);
  if (!(await isFile(join(outDir, 'model.onnx')))) await runOnce(deps, input, outDir);
  return { outDir: input.outDir, ...(await verified(outDir, input.family)) };
}

/**
 * Trains into a draft that is moved when it has passed all checks: a folder that is there is a whole training. Each try
 * has a draft of its own, because the trainer of a worker that was killed may still be writing.
 */
async function runOnce(deps: TrainingDeps, input: TrainModelInput, outDir: string): Promise<void> {
  const draft = `${outDir}.draft-${randomUUID()}`;
  try {
    await runInto(deps, input, draft, `${outDir}.log`);
    await verified(draft, input.family);
    await deps.evaluator.inspect({
      family: input.family,
      modelFile: join(draft, 'model.onnx'),
      sampleFile: join(draft, 'sample.json'),
    });
    await rm(outDir, { recursive: true, force: true });
    await rename(draft, outDir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function runInto(
  deps: TrainingDeps,
  input: TrainModelInput,
  outDir: string,
  logFile: string,
): Promise<void> {
  const { command, cwd, lock } = await deps.trainer(input.family);
  const { heartbeat, cancelled } = deps.context();
  await deps.runner.run({
    command,
    cwd,
    snapshotDir: join(deps.stateDir, input.snapshotDir),
    outDir,
    seed: input.seed,
    recipe: input.recipe,
    logFile,
    stallMs: deps.stallMs,
    onProgress: (progress, message) => heartbeat({ progress, message }),
    ...(cancelled === undefined ? {} : { cancelled }),
  });
  if (lock !== undefined) await writeFile(join(outDir, ENVIRONMENT_LOCK), lock);
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile() && s.size > 0,
    () => false,
  );

/** Throws TRAINER_NO_MODEL, TRAINER_OUTPUT_INVALID. */
async function verified(dir: string, family: Family): Promise<Omit<TrainedModel, 'outDir'>> {
  const spec = familySpec(family);
  for (const name of TRAINER_OUTPUTS) {
    if (await isFile(join(dir, name))) continue;
    throw name === 'model.onnx'
      ? new AssayError('TRAINER_NO_MODEL', 'Cannot accept the training: it ended well and left no model.onnx')
      : new AssayError('TRAINER_OUTPUT_INVALID', `Cannot accept the training: ${name} is missing or empty`, {
          field: name,
        });
  }
  const text = (name: string): Promise<string> => readFile(join(dir, name), 'utf8');
  const metrics = parseMetrics(await text('metrics.json'), spec);
  checkSignature(await text('signature.json'), spec);
  parseReference(await text('reference.json'), spec);
  const digestOf = async (name: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(join(dir, name)))
      .digest('hex');
  const isLocked = await isFile(join(dir, ENVIRONMENT_LOCK));
  const environment = isLocked ? await digestOf(ENVIRONMENT_LOCK) : null;
  return { digest: await digestOf('model.onnx'), metrics, environment };
}
