// Entities as MLflow's REST API answers them (mlflow 3.17.2, protos/service.proto and model_registry.proto).
export type Int64 = number | bigint;

export interface Pair {
  readonly key: string;
  readonly value: string;
}

export interface Experiment {
  readonly experiment_id: string;
  readonly name: string;
  readonly artifact_location: string;
  readonly lifecycle_stage: 'active' | 'deleted';
  readonly creation_time?: Int64;
  readonly last_update_time?: Int64;
  readonly tags?: readonly Pair[];
}

export interface Metric {
  readonly key: string;
  /** NaN is the text "NaN". */
  readonly value: number | string;
  readonly timestamp: Int64;
  readonly step?: Int64;
  readonly run_id?: string;
  readonly model_id?: string;
  readonly dataset_name?: string;
  readonly dataset_digest?: string;
}

/** A metric of a logged model beside the run's own value of that point: MLflow's server keeps 0 for the model's NaN. */
export interface Score extends Metric {
  readonly runValue: number | string;
}

export interface Run {
  readonly info: {
    readonly run_id: string;
    readonly run_name?: string;
    readonly experiment_id: string;
    readonly user_id?: string;
    readonly status: string;
    readonly start_time?: Int64;
    readonly end_time?: Int64;
    readonly artifact_uri: string;
    readonly lifecycle_stage: 'active' | 'deleted';
  };
  readonly data: {
    readonly metrics?: readonly Metric[];
    readonly params?: readonly Pair[];
    readonly tags?: readonly Pair[];
  };
  readonly inputs?: {
    readonly dataset_inputs?: readonly object[];
    readonly model_inputs?: readonly { readonly model_id: string }[];
  };
  readonly outputs?: {
    readonly model_outputs?: readonly { readonly model_id: string; readonly step?: Int64 }[];
  };
}

export interface LoggedModel {
  readonly info: {
    readonly model_id: string;
    readonly experiment_id: string;
    readonly name: string;
    readonly artifact_uri: string;
    readonly status: string;
    readonly model_type?: string;
    readonly source_run_id?: string;
    readonly creation_timestamp_ms: Int64;
    readonly tags?: readonly Pair[];
  };
  readonly data?: { readonly params?: readonly Pair[]; readonly metrics?: readonly Metric[] };
}

export interface RegisteredModel {
  readonly name: string;
  readonly creation_timestamp: Int64;
  readonly last_updated_timestamp: Int64;
  readonly description?: string;
  readonly tags?: readonly Pair[];
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[];
}

export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  readonly creation_timestamp: Int64;
  readonly last_updated_timestamp: Int64;
  readonly current_stage?: string;
  readonly description?: string;
  readonly source: string;
  readonly run_id?: string;
  readonly run_link?: string;
  readonly model_id?: string;
  readonly tags?: readonly Pair[];
}

export type Kind = 'experiment' | 'logged-model' | 'run' | 'registered-model' | 'model-version';

/** What is where the source's bytes lie: its own location, and the run or logged model by which a server lists it. */
export interface ArtifactRoot {
  readonly kind: 'run' | 'logged-model';
  readonly id: string;
  readonly uri: string;
}

export interface ArtifactFile {
  readonly path: string;
  readonly sizeBytes: number;
}
