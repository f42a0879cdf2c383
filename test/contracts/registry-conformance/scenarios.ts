import { artifacts, downloads } from './artifacts.ts';
import { experiments } from './experiments.ts';
import { loggedModels } from './logged-models.ts';
import { histories, metrics } from './metrics.ts';
import { modelVersions, sources } from './model-versions.ts';
import { aliases, registeredModels } from './registered-models.ts';
import { batches, inputs, paramsAndTags, runs } from './runs.ts';
import { searchLoggedModels } from './search-logged-models.ts';
import { searchExperiments, searchModels } from './search-models.ts';
import { searchRuns } from './search-runs.ts';
import type { Scenario } from './session.ts';
import { deliveries, webhooks } from './webhooks.ts';

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  experiments,
  runs,
  'params and tags': paramsAndTags,
  batches,
  inputs,
  metrics,
  histories,
  'logged models': loggedModels,
  'registered models': registeredModels,
  aliases,
  'model versions': modelVersions,
  sources,
  artifacts,
  downloads,
  'search of runs': searchRuns,
  'search of experiments': searchExperiments,
  'search of models and versions': searchModels,
  'search of logged models': searchLoggedModels,
  webhooks,
  'deliveries of webhooks': deliveries,
};
