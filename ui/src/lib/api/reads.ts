import type {
  EndpointView,
  ExperimentView,
  ModelView,
  ReleaseView,
  ServerView,
} from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import { at, command, read } from './request.ts';

/** What the list of experiments answers: an ExperimentView without its record, and perhaps without its looks. */
export type ExperimentSummary = Omit<ExperimentView, 'record' | 'looks'> &
  Partial<Pick<ExperimentView, 'looks'>>;

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
  models: () => read<readonly ModelView[]>(at('models')),
  model: (name: string) => read<ModelView>(at('models', name)),
  servers: () => read<readonly ServerView[]>(at('servers')),

  approve: (model: string, version: string, body: { point: string; comment: string }) =>
    command<unknown>(at('releases', model, version, 'approve'), body),
  abort: (model: string, version: string, body: { reason: string }) =>
    command<unknown>(at('releases', model, version, 'abort'), body),
  stopExperiment: (id: string, body: { reason: string }) =>
    command<unknown>(at('experiments', id, 'stop'), body),
};
