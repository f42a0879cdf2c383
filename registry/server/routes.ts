import * as aliases from '@assay/registry-store/aliases';
import type { Context } from '@assay/registry-store/context';
import * as experiments from '@assay/registry-store/experiments';
import type { Input } from '@assay/registry-store/input';
import { searchLoggedModels } from '@assay/registry-store/logged-model-search';
import * as logged from '@assay/registry-store/logged-models';
import * as histories from '@assay/registry-store/metric-history';
import * as versions from '@assay/registry-store/model-versions';
import * as models from '@assay/registry-store/registered-models';
import * as batches from '@assay/registry-store/run-batch';
import * as inputs from '@assay/registry-store/run-inputs';
import * as runs from '@assay/registry-store/runs';
import * as files from './artifact-lists.ts';

export type Operation = (context: Context, input: Input) => Promise<object>;
/** Method, path under /api/2.0/mlflow, operation, and whether it reads although it is no GET. */
export type RouteRow = readonly [method: string, path: string, operation: Operation, reads?: 'reads'];

export const ROUTES: readonly RouteRow[] = [
  ['POST', 'experiments/create', experiments.createExperiment],
  ['GET', 'experiments/get', experiments.getExperiment],
  ['GET', 'experiments/get-by-name', experiments.getExperimentByName],
  ['GET', 'experiments/search', experiments.searchExperiments],
  ['POST', 'experiments/search', experiments.searchExperiments, 'reads'],
  ['POST', 'experiments/update', experiments.updateExperiment],
  ['POST', 'experiments/delete', experiments.deleteExperiment],
  ['POST', 'experiments/restore', experiments.restoreExperiment],
  ['POST', 'experiments/set-experiment-tag', experiments.setExperimentTag],
  ['POST', 'experiments/delete-experiment-tag', experiments.deleteExperimentTag],
  ['POST', 'runs/create', runs.createRun],
  ['GET', 'runs/get', runs.getRun],
  ['POST', 'runs/update', runs.updateRun],
  ['POST', 'runs/delete', runs.deleteRun],
  ['POST', 'runs/restore', runs.restoreRun],
  ['POST', 'runs/log-metric', batches.logMetric],
  ['POST', 'runs/log-parameter', batches.logParam],
  ['POST', 'runs/set-tag', batches.setRunTag],
  ['POST', 'runs/delete-tag', runs.deleteRunTag],
  ['POST', 'runs/log-batch', batches.logBatch],
  ['POST', 'runs/log-model', inputs.logModel],
  ['POST', 'runs/log-inputs', inputs.logInputs],
  ['POST', 'runs/outputs', inputs.logOutputs],
  ['POST', 'runs/search', runs.searchRuns, 'reads'],
  ['GET', 'metrics/get-history', histories.metricHistory],
  ['GET', 'metrics/get-history-bulk-interval', histories.metricHistoryInterval],
  ['POST', 'logged-models', logged.createLoggedModel],
  ['POST', 'logged-models/search', searchLoggedModels, 'reads'],
  ['GET', 'logged-models/:id', logged.getLoggedModel],
  ['PATCH', 'logged-models/:id', logged.finalizeLoggedModel],
  ['DELETE', 'logged-models/:id', logged.deleteLoggedModel],
  ['PATCH', 'logged-models/:id/tags', logged.setLoggedModelTags],
  ['DELETE', 'logged-models/:id/tags/:key', logged.deleteLoggedModelTag],
  ['POST', 'logged-models/:id/params', logged.setLoggedModelParams],
  ['GET', 'logged-models/:id/artifacts/directories', files.listLoggedModel],
  ['POST', 'registered-models/create', models.createModel],
  ['GET', 'registered-models/get', models.getModel],
  ['PATCH', 'registered-models/update', models.updateModel],
  ['POST', 'registered-models/rename', models.renameModel],
  ['DELETE', 'registered-models/delete', models.deleteModel],
  ['GET', 'registered-models/search', models.searchModels],
  ['GET', 'registered-models/get-latest-versions', models.getLatestVersions],
  ['POST', 'registered-models/get-latest-versions', models.getLatestVersions, 'reads'],
  ['POST', 'registered-models/set-tag', models.setModelTag],
  ['DELETE', 'registered-models/delete-tag', models.deleteModelTag],
  ['POST', 'registered-models/alias', aliases.setAlias],
  ['GET', 'registered-models/alias', aliases.getByAlias],
  ['DELETE', 'registered-models/alias', aliases.deleteAlias],
  ['POST', 'model-versions/create', versions.createVersion],
  ['GET', 'model-versions/get', versions.getVersion],
  ['PATCH', 'model-versions/update', versions.updateVersion],
  ['DELETE', 'model-versions/delete', versions.deleteVersion],
  ['POST', 'model-versions/transition-stage', versions.transitionStage],
  ['GET', 'model-versions/search', versions.searchVersions],
  ['GET', 'model-versions/get-download-uri', versions.getDownloadUri],
  ['POST', 'model-versions/set-tag', versions.setVersionTag],
  ['DELETE', 'model-versions/delete-tag', versions.deleteVersionTag],
  ['GET', 'artifacts/list', files.listRun],
];

/** Calls of MLflow's own pages, which have no twin under /api. */
export const PAGE_ROUTES: readonly RouteRow[] = [
  ['GET', 'metrics/get-history-bulk', histories.metricHistoryBulk],
];
