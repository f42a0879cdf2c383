import type {
  ArtifactRoot,
  Experiment,
  Kind,
  LoggedModel,
  Metric,
  ModelVersion,
  RegisteredModel,
  Run,
  Score,
} from './entities.ts';

/** Where a source entity came to lie. */
export interface Placed {
  readonly id: string;
  /** Root of its artifacts at the target. */
  readonly uri: string;
}

/** Where the files of a version are: inside a run or a logged model, or somewhere that no server lists. */
export interface VersionFiles {
  readonly uri: string;
  readonly inside: { readonly root: ArtifactRoot; readonly rest: string } | undefined;
}

/**
 * What a copy needs of the place it goes to. Every call may come twice: an import that was killed does again what it had
 * begun and not finished.
 */
export interface MigrationTarget {
  readonly url: string;
  assertAnswers(): Promise<void>;
  /** Content with which this source entity was finished before; absent where it was not. */
  finished(kind: Kind, sourceId: string): Promise<string | undefined>;
  experiment(sourceId: string, experiment: Experiment, changed: boolean): Promise<Placed>;
  loggedModel(experiment: Placed, model: LoggedModel): Promise<Placed>;
  /** All of a run but its metrics' histories and files. */
  run(experiment: Placed, run: Run): Promise<Placed>;
  /** `run` is the id at the source. */
  metrics(run: string, points: readonly Metric[]): Promise<void>;
  scores(run: string, scores: readonly Score[]): Promise<void>;
  registeredModel(sourceId: string, model: RegisteredModel): Promise<void>;
  version(sourceId: string, version: ModelVersion, files: VersionFiles): Promise<void>;
  /** `history`: kept as what the source said, not set. */
  alias(
    name: string,
    alias: string,
    version: string,
  ): Promise<{ recorded: 'live' | 'history'; changed: boolean }>;
  finish(kind: Kind, sourceId: string, fingerprint: string, entity: unknown): Promise<void>;
  /** After the last run, and at the very end. */
  settleRuns(): Promise<void>;
  settleExperiments(): Promise<void>;
  placeOf(root: ArtifactRoot): Promise<Placed>;
  /** Sizes by path of what lies under a root. */
  stored(placed: Placed): Promise<ReadonlyMap<string, number>>;
  write(placed: Placed, path: string, bytes: ReadableStream<Uint8Array>): Promise<void>;
  /** Hex SHA-256 of what the target answers for these paths. */
  digests(placed: Placed, paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
