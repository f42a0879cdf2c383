import { call, callAt, type RegistryOptions, send } from './http.ts';

/** MLflow's bodies, as any server sends them: what is empty is absent, numbers beyond 2^53 are BigInt. */
export interface Pair {
  readonly key: string;
  readonly value: string;
}

type Int = number | bigint;

export interface ExperimentBody {
  readonly experiment_id: string;
  readonly name: string;
  readonly creation_time?: Int;
  readonly last_update_time?: Int;
  readonly tags?: readonly Pair[];
}

export interface MetricBody {
  readonly key: string;
  readonly value: number | string | bigint;
  readonly timestamp?: Int;
  readonly step?: Int;
}

export interface RunBody {
  readonly info: {
    readonly run_id: string;
    readonly run_name?: string;
    readonly experiment_id: string;
    readonly user_id?: string;
    readonly status?: string;
    readonly start_time?: Int;
    readonly end_time?: Int;
    readonly lifecycle_stage?: string;
  };
  readonly data?: {
    readonly metrics?: readonly MetricBody[];
    readonly params?: readonly Pair[];
    readonly tags?: readonly Pair[];
  };
  readonly inputs?: {
    readonly dataset_inputs?: readonly {
      readonly dataset: { readonly name: string; readonly digest: string; readonly source_type?: string };
      readonly tags?: readonly Pair[];
    }[];
  };
}

export interface FileBody {
  readonly path: string;
  readonly is_dir?: boolean;
  readonly file_size?: Int;
}

export interface VersionBody {
  readonly name: string;
  readonly version: string;
  readonly creation_timestamp?: Int;
  readonly run_id?: string;
  readonly description?: string;
  readonly tags?: readonly Pair[];
}

export interface ModelBody {
  readonly name: string;
  readonly description?: string;
  readonly last_updated_timestamp?: Int;
  readonly tags?: readonly Pair[];
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[];
  readonly latest_versions?: readonly VersionBody[];
}

export interface Search {
  readonly filter?: string | undefined;
  readonly order_by?: readonly string[] | undefined;
  readonly max_results: number;
  readonly page_token?: string | undefined;
}

type Paged<K extends string, T> = { readonly [key in K]?: readonly T[] } & {
  readonly next_page_token?: string;
};

const present = (search: Search): Record<string, unknown> =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ''));

/** Repeated where a value is a list, as MLflow's GET calls want it. */
const query = (given: Readonly<Record<string, unknown>>): URLSearchParams =>
  new URLSearchParams(
    Object.entries(given).flatMap(([key, value]) =>
      (Array.isArray(value) ? value : [value]).map((one): [string, string] => [key, String(one)]),
    ),
  );

export const searchExperiments = (options: RegistryOptions, search: Search) =>
  call<Paged<'experiments', ExperimentBody>>(options, 'POST', 'experiments/search', present(search));

export const getExperiment = async (options: RegistryOptions, id: string): Promise<ExperimentBody> =>
  (
    await call<{ experiment: ExperimentBody }>(
      options,
      'GET',
      `experiments/get?${query({ experiment_id: id })}`,
    )
  ).experiment;

export const searchRuns = (options: RegistryOptions, experimentIds: readonly string[], search: Search) =>
  call<Paged<'runs', RunBody>>(options, 'POST', 'runs/search', {
    experiment_ids: experimentIds,
    ...present(search),
  });

export const getRun = async (options: RegistryOptions, id: string): Promise<RunBody> =>
  (await call<{ run: RunBody }>(options, 'GET', `runs/get?${query({ run_id: id })}`)).run;

/** Evenly sampled points of up to 100 runs, at most `perRun` (≤ 2500) of each. */
export const sampledHistories = async (
  options: RegistryOptions,
  runIds: readonly string[],
  metric: string,
  perRun: number,
): Promise<readonly (MetricBody & { readonly run_id: string })[]> => {
  const asked = query({ run_ids: runIds, metric_key: metric, max_results: perRun });
  // A real MLflow server has this call under its pages' prefix
  const path = `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?${asked}`;
  const { metrics = [] } = await callAt<Paged<'metrics', MetricBody & { readonly run_id: string }>>(
    options,
    'GET',
    path,
  );
  return metrics;
};

/** Files directly in a folder of a run; a folder of thousands comes in pages on some servers. */
export const listArtifacts = async (
  options: RegistryOptions,
  runId: string,
  folder: string,
): Promise<readonly FileBody[]> => {
  const all: FileBody[] = [];
  let token: string | undefined;
  do {
    const asked = query({
      run_id: runId,
      ...(folder !== '' && { path: folder }),
      ...(token && { page_token: token }),
    });
    const found = await call<Paged<'files', FileBody>>(options, 'GET', `artifacts/list?${asked}`);
    all.push(...(found.files ?? []));
    token = found.next_page_token;
  } while (token);
  return all;
};

export const runArtifact = (options: RegistryOptions, runId: string, path: string): Promise<Response> =>
  send(options, 'GET', `/get-artifact?${query({ run_id: runId, path })}`);

export const versionArtifact = (
  options: RegistryOptions,
  name: string,
  version: string,
  path: string,
): Promise<Response> =>
  send(options, 'GET', `/model-versions/get-artifact?${query({ name, version, path })}`);

export const searchModels = (options: RegistryOptions, search: Search) =>
  call<Paged<'registered_models', ModelBody>>(
    options,
    'GET',
    `registered-models/search?${query(present(search))}`,
  );

export const getModel = async (options: RegistryOptions, name: string): Promise<ModelBody> =>
  (await call<{ registered_model: ModelBody }>(options, 'GET', `registered-models/get?${query({ name })}`))
    .registered_model;

export const searchVersions = (options: RegistryOptions, search: Search) =>
  call<Paged<'model_versions', VersionBody>>(
    options,
    'GET',
    `model-versions/search?${query(present(search))}`,
  );
