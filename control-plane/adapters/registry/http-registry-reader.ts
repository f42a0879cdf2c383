import type {
  ArtifactBytes,
  ListedModel,
  ListedVersion,
  MetricHistory,
  MetricPoint,
  MetricValue,
  Page,
  PageQuery,
  RegistryReader,
  RunExperiment,
  TrackedRun,
} from '@assay/domain/ports/registry-reader';
import type { RegistryOptions } from '@assay/registry-client/http';
import * as mlflow from '@assay/registry-client/tracking';

/** Any MLflow server, ours included, by MLflow's own calls alone. */
export const httpRegistryReader = (options: RegistryOptions): RegistryReader => ({
  async experiments(query) {
    const { experiments = [], next_page_token: next } = await mlflow.searchExperiments(
      options,
      searchOf(query),
    );
    return page(experiments.map(experimentOf), next);
  },
  experiment: async (id) => experimentOf(await mlflow.getExperiment(options, id)),
  async runs(experimentId, query) {
    const { runs = [], next_page_token: next } = await mlflow.searchRuns(
      options,
      [experimentId],
      searchOf(query),
    );
    return page(runs.map(runOf), next);
  },
  run: async (id) => runOf(await mlflow.getRun(options, id)),
  async histories(runIds, metric, points) {
    const byRun = Map.groupBy(
      await mlflow.sampledHistories(options, runIds, metric, points),
      (point) => point.run_id,
    );
    return [...byRun].map(([runId, found]): MetricHistory => ({ runId, points: found.map(pointOf) }));
  },
  async artifacts(runId, folder) {
    const found = await mlflow.listArtifacts(options, runId, folder);
    return found.map(({ path, is_dir: isFolder = false, file_size: size = 0 }) => ({
      path,
      isFolder,
      sizeBytes: isFolder ? null : Number(size),
    }));
  },
  artifact: async (runId, path) => bytesOf(await mlflow.runArtifact(options, runId, path)),
  async models(query) {
    const { registered_models: found = [], next_page_token: next } = await mlflow.searchModels(
      options,
      searchOf(query),
    );
    return page(found.map(modelOf), next);
  },
  model: async (name) => modelOf(await mlflow.getModel(options, name)),
  async versions(query) {
    const { model_versions: found = [], next_page_token: next } = await mlflow.searchVersions(
      options,
      searchOf(query),
    );
    return page(found.map(versionOf), next);
  },
  versionFile: async (model, version, path) =>
    bytesOf(await mlflow.versionArtifact(options, model, version, path)),
});

const searchOf = ({ filter, orderBy, limit, pageToken }: PageQuery): mlflow.Search => ({
  filter,
  order_by: orderBy,
  max_results: limit,
  page_token: pageToken,
});

const page = <T>(items: readonly T[], next: string | undefined): Page<T> => ({
  items,
  nextPageToken: next === undefined || next === '' ? null : next,
});

const recordOf = (pairs: readonly mlflow.Pair[] = []): Record<string, string> =>
  Object.fromEntries(pairs.map((p) => [p.key, p.value]));

const experimentOf = (body: mlflow.ExperimentBody): RunExperiment => ({
  id: body.experiment_id,
  name: body.name,
  createdAtMs: Number(body.creation_time ?? 0),
  updatedAtMs: Number(body.last_update_time ?? 0),
  tags: recordOf(body.tags),
});

/** JSON has no NaN and no infinity: MLflow writes them as text. */
const metricValue = (value: mlflow.MetricBody['value']): MetricValue =>
  typeof value === 'bigint' ? Number(value) : value;

const pointOf = ({ value, step = 0, timestamp = 0 }: mlflow.MetricBody): MetricPoint => ({
  value: metricValue(value),
  step: Number(step),
  atMs: Number(timestamp),
});

function runOf({ info, data = {}, inputs = {} }: mlflow.RunBody): TrackedRun {
  const ended = Number(info.end_time ?? 0);
  return {
    id: info.run_id,
    name: info.run_name ?? '',
    experimentId: info.experiment_id,
    status: info.status ?? 'RUNNING',
    user: info.user_id ?? '',
    startedAtMs: Number(info.start_time ?? 0),
    endedAtMs: ended === 0 ? null : ended,
    isDeleted: info.lifecycle_stage === 'deleted',
    params: recordOf(data.params),
    metrics: Object.fromEntries((data.metrics ?? []).map((m) => [m.key, pointOf(m)])),
    tags: recordOf(data.tags),
    inputs: (inputs.dataset_inputs ?? []).map(({ dataset, tags = [] }) => ({
      name: dataset.name,
      digest: dataset.digest,
      sourceType: dataset.source_type ?? '',
      context: tags.find((t) => t.key === 'mlflow.data.context')?.value ?? null,
    })),
  };
}

const versionOf = (body: mlflow.VersionBody): ListedVersion => ({
  model: body.name,
  version: body.version,
  createdAtMs: Number(body.creation_timestamp ?? 0),
  runId: body.run_id || null,
  description: body.description ?? '',
  tags: recordOf(body.tags),
});

function modelOf(body: mlflow.ModelBody): ListedModel {
  // One a stage, in no order that a page could rest on
  const newestFirst = (body.latest_versions ?? []).toSorted((a, b) => Number(b.version) - Number(a.version));
  return {
    name: body.name,
    description: body.description ?? '',
    updatedAtMs: Number(body.last_updated_timestamp ?? 0),
    tags: recordOf(body.tags),
    aliases: Object.fromEntries((body.aliases ?? []).map((a) => [a.alias, a.version])),
    newest: newestFirst[0] === undefined ? null : versionOf(newestFirst[0]),
  };
}

function bytesOf({ body, headers }: Response): ArtifactBytes {
  const length = headers.get('content-length');
  return {
    body: (body ?? new Blob([]).stream()) as AsyncIterable<Uint8Array>,
    sizeBytes: length === null ? null : Number(length),
  };
}
