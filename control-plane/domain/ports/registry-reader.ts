/**
 * What the data scientist's pages read of a registry besides its versions: MLflow's experiments, runs, histories and files.
 * Adapter: any MLflow server. Ids, filters and orders are MLflow's own. Every read throws NOT_FOUND, REQUEST_INVALID (with
 * the registry's own words: a filter that it cannot read) or UNREACHABLE.
 */

/** The next page starts at `nextPageToken`; null: there is none. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string | null;
}

export interface PageQuery {
  readonly filter?: string | undefined;
  readonly orderBy?: readonly string[] | undefined;
  readonly limit: number;
  readonly pageToken?: string | undefined;
}

/** A folder of runs; not an experiment on customers, which is `Experiment`. */
export interface RunExperiment {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** As text where it is no finite number: "NaN". */
export type MetricValue = number | string;

export interface LatestMetric {
  readonly value: MetricValue;
  /** Rounded beyond 2^53. */
  readonly step: number;
  readonly atMs: number;
}

export interface RunInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  /** "training", "validation", …; null where the client gave none. */
  readonly context: string | null;
}

export interface TrackedRun {
  readonly id: string;
  readonly name: string;
  readonly experimentId: string;
  /** RUNNING, SCHEDULED, FINISHED, FAILED or KILLED. */
  readonly status: string;
  readonly user: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly isDeleted: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, LatestMetric>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly RunInput[];
}

export interface MetricPoint {
  readonly step: number;
  readonly atMs: number;
  readonly value: MetricValue;
}

export interface MetricHistory {
  readonly runId: string;
  /** By step; evenly sampled where the run has more points than were asked for, first and last always among them. */
  readonly points: readonly MetricPoint[];
}

export interface ArtifactEntry {
  /** From the run's root. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Null for folders. */
  readonly sizeBytes: number | null;
}

export interface ListedVersion {
  readonly model: string;
  readonly version: string;
  readonly createdAtMs: number;
  readonly runId: string | null;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ListedModel {
  readonly name: string;
  readonly description: string;
  readonly updatedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly newest: ListedVersion | null;
}

/** Bytes of a file as they come; their number where the registry says it. */
export interface ArtifactBytes {
  readonly body: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number | null;
}

export interface RegistryReader {
  experiments(query: PageQuery): Promise<Page<RunExperiment>>;
  experiment(id: string): Promise<RunExperiment>;
  /** Of one experiment. */
  runs(experimentId: string, query: PageQuery): Promise<Page<TrackedRun>>;
  run(id: string): Promise<TrackedRun>;
  /** One metric of 1 to 100 runs, at most `points` of each; runs without it are absent. */
  histories(runIds: readonly string[], metric: string, points: number): Promise<readonly MetricHistory[]>;
  /** What lies directly in a folder; '' is the root. */
  artifacts(runId: string, folder: string): Promise<readonly ArtifactEntry[]>;
  artifact(runId: string, path: string): Promise<ArtifactBytes>;
  models(query: PageQuery): Promise<Page<ListedModel>>;
  model(name: string): Promise<ListedModel>;
  versions(query: PageQuery): Promise<Page<ListedVersion>>;
  versionFile(model: string, version: string, path: string): Promise<ArtifactBytes>;
}
