import { createHash } from 'node:crypto';

/** Made by arithmetic alone, so that every registry holds the same rows. */
export interface BenchRun {
  readonly id: string;
  readonly name: string;
  readonly startMs: number;
  readonly metrics: ReadonlyArray<readonly [key: string, value: number]>;
  readonly params: ReadonlyArray<readonly [key: string, value: string]>;
  readonly tags: ReadonlyArray<readonly [key: string, value: string]>;
}

export const FIRST_MS = 1_700_000_000_000;
const FAMILIES = ['gbm', 'linear', 'mlp'];
/** A value in [0, 1) that looks random; the multiplier is coprime to 2^20. */
const spread = (i: number, salt: number): number => ((i * 637_821 + salt * 104_729) % 1_048_576) / 1_048_576;
const id = (what: string, i: number): string =>
  createHash('sha256').update(`${what} ${i}`).digest('hex').slice(0, 32);

export const benchRun = (i: number): BenchRun => ({
  id: id('run', i),
  name: `run-${i}`,
  startMs: FIRST_MS + i * 1000,
  metrics: ['accuracy', 'auc', 'loss', 'rmse', 'seconds'].map((key, k) => [key, spread(i, k)] as const),
  params: [
    ['batch', String(32 << (i % 4))],
    ['depth', String(2 + (i % 7))],
    ['lr', String(spread(i, 9))],
    ['model', FAMILIES[i % 3] ?? ''],
    ['seed', String(i)],
  ],
  tags: [
    ['mlflow.runName', `run-${i}`],
    ['mlflow.source.name', 'train.py'],
    ['mlflow.source.type', 'LOCAL'],
    ['mlflow.user', 'ada'],
  ],
});

/** The run whose metric `curve` has a history; as old as can be, so that no search shows it first. */
export const HISTORY_RUN: BenchRun = {
  id: id('history', 0),
  name: 'history',
  startMs: 0,
  metrics: [],
  params: [],
  tags: [],
};
export const historyValue = (step: number): number => spread(step, 3);

export interface BenchVersion {
  readonly model: string;
  readonly version: number;
  readonly atMs: number;
}
const PER_MODEL = 100;
export const modelNames = (versions: number): string[] =>
  Array.from({ length: Math.ceil(versions / PER_MODEL) }, (_, m) => `bench-${String(m).padStart(4, '0')}`);
export const benchVersions = (versions: number): BenchVersion[] =>
  modelNames(versions).flatMap((model, m) =>
    Array.from({ length: Math.min(PER_MODEL, versions - m * PER_MODEL) }, (_, v) => ({
      model,
      version: v + 1,
      atMs: FIRST_MS + (v * 1000 + m) * 10,
    })),
  );

/** `size` points of ten metrics; `round` makes them new. */
export const batch = (runId: string, size: number, round: number): string =>
  JSON.stringify({
    run_id: runId,
    metrics: Array.from({ length: size }, (_, i) => ({
      key: `m${i % 10}`,
      value: spread(i, round),
      timestamp: FIRST_MS + round * 1000 + i,
      step: round * 100 + Math.floor(i / 10),
    })),
  });
