import type { Lineage } from '@assay/domain/lineage';
import type {
  ArtifactEntry,
  MetricHistory,
  Page,
  RunExperiment,
  TrackedRun,
} from '@assay/domain/ports/registry-reader';
import type {
  AliasHistoryView,
  AsOfView,
  EndpointView,
  ExperimentView,
  ModelVersionView,
  RegisteredModelView,
  RegisteredVersionView,
  ReleaseView,
  ServerView,
  TrackedRunView,
  VersionComparison,
} from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import { at, command, read, withQuery } from './request.ts';

/** What the list of experiments answers: an ExperimentView without its record, and perhaps without its looks. */
export type ExperimentSummary = Omit<ExperimentView, 'record' | 'looks'> &
  Partial<Pick<ExperimentView, 'looks'>>;

/** A search in MLflow's own grammar; a page at a time. */
export interface Search {
  readonly filter?: string | undefined;
  readonly orderBy?: string | undefined;
  readonly pageToken?: string | null | undefined;
  readonly limit?: number | undefined;
}

export const api = {
  endpoints: () => read<readonly EndpointView[]>(at('endpoints')),
  endpoint: (name: string) => read<EndpointView>(at('endpoints', name)),
  releases: (endpoint?: string) =>
    read<readonly Release[]>(
      endpoint === undefined ? at('releases') : `${at('releases')}?${new URLSearchParams({ endpoint })}`,
    ),
  release: (model: string, version: string) => read<ReleaseView>(at('releases', model, version)),
  experiments: () => read<readonly ExperimentSummary[]>(at('experiments')),
  experiment: (id: string) => read<ExperimentView>(at('experiments', id)),
  models: (search: Search) =>
    read<Page<RegisteredModelView>>(withQuery(at('registry', 'models'), { ...search })),
  model: (name: string) => read<RegisteredModelView>(at('registry', 'models', name)),
  versions: (name: string, page: Pick<Search, 'pageToken' | 'limit'>) =>
    read<Page<RegisteredVersionView>>(withQuery(at('registry', 'models', name, 'versions'), { ...page })),
  version: (name: string, version: string) => read<ModelVersionView>(at('models', name, version)),
  lineage: (name: string, version: string) => read<Lineage>(at('models', name, version, 'lineage')),
  compareVersions: (name: string, version: string, other: string) =>
    read<VersionComparison>(withQuery(at('models', name, 'compare'), { version, other })),
  aliasHistory: (name: string) => read<AliasHistoryView>(at('models', name, 'aliases', 'history')),
  asOf: (name: string, instant: string) =>
    read<AsOfView>(withQuery(at('models', name, 'as-of'), { at: instant })),
  servers: () => read<readonly ServerView[]>(at('servers')),

  runExperiments: (search: Search) =>
    read<Page<RunExperiment>>(withQuery(at('registry', 'experiments'), { ...search })),
  runExperiment: (id: string) => read<RunExperiment>(at('registry', 'experiments', id)),
  runs: (experiment: string, search: Search) =>
    read<Page<TrackedRun>>(withQuery(at('registry', 'experiments', experiment, 'runs'), { ...search })),
  run: (id: string) => read<TrackedRunView>(at('registry', 'runs', id)),
  histories: (runs: readonly string[], metric: string, points: number) =>
    read<readonly MetricHistory[]>(withQuery(at('registry', 'histories'), { run: runs, metric, points })),
  artifacts: (run: string, folder: string) =>
    read<readonly ArtifactEntry[]>(withQuery(at('registry', 'runs', run, 'artifacts'), { folder })),

  approve: (model: string, version: string, body: { point: string; comment: string }) =>
    command<unknown>(at('releases', model, version, 'approve'), body),
  abort: (model: string, version: string, body: { reason: string }) =>
    command<unknown>(at('releases', model, version, 'abort'), body),
  stopExperiment: (id: string, body: { reason: string }) =>
    command<unknown>(at('experiments', id, 'stop'), body),
};
