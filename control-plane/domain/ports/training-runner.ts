/** Runs one training command by the contract of workflows/trainers/README.md; adapters: a local process. */
export interface TrainingRun {
  /** The trainer and its first arguments; `--snapshot`, `--out`, `--seed` and `--recipe` are appended. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly snapshotDir: string;
  readonly outDir: string;
  readonly seed: number;
  readonly recipe: string;
  /** Everything the trainer prints goes here. */
  readonly logFile: string;
  /** Longest time without a progress line. */
  readonly stallMs: number;
  readonly onProgress: (progress: number, message: string) => void;
  /** Settles (either way) when the run is no longer wanted. */
  readonly cancelled?: Promise<unknown>;
}

export interface TrainingRunner {
  /**
   * Ends when the trainer has ended well. Throws TRAINER_CRASHED, TRAINER_HUNG, TRAINER_REFUSED or
   * TRAINER_CANCELLED; nothing of it runs on afterwards.
   */
  run(run: TrainingRun): Promise<void>;
}
