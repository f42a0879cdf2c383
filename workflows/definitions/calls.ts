import type { ControlActivities } from '@assay/activities/control';
import type { DriftJudging } from '@assay/activities/drift-judging';
import type { ExperimentJudging } from '@assay/activities/experiment-judging';
import type { PanelJudging } from '@assay/activities/panel-judging';
import type { RegistryActivities } from '@assay/activities/registry';
import type { RolloutJudging } from '@assay/activities/rollout-judging';
import type { trainingActivities } from '@assay/activities/training';
import type { VersionEvaluation } from '@assay/activities/version-evaluation';
import { TASK_QUEUES } from '@assay/contract/release';
import type { Transition } from '@assay/domain/ports/control-store';
import { CancellationScope, proxyActivities } from '@temporalio/workflow';

// Every activity beats by itself every two seconds (worker/interceptor.ts), so that a killed worker is noticed soon
const BEAT = '8 seconds';
const RETRY = { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' };

/** Control state and registry: quick, retried until they answer. */
export const control = proxyActivities<ControlActivities & RegistryActivities>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '60 seconds',
  heartbeatTimeout: BEAT,
  retry: RETRY,
});

/** Reads of the evidence; what cannot be read is an answer that the rules judge. */
export const analysis = proxyActivities<
  RolloutJudging & ExperimentJudging & PanelJudging & DriftJudging & VersionEvaluation
>({
  taskQueue: TASK_QUEUES.analysis,
  startToCloseTimeout: '120 seconds',
  heartbeatTimeout: BEAT,
  retry: RETRY,
});

export const training = proxyActivities<ReturnType<typeof trainingActivities>>({
  taskQueue: TASK_QUEUES.training,
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '10 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { ...RETRY, maximumAttempts: 10 },
});

/** A transition that was begun is finished, whatever is cancelled meanwhile: half of it must not decide what comes next. */
export const commit = (transition: Transition): Promise<{ sequence: number }> =>
  CancellationScope.nonCancellable(() => control.commitTransition(transition));
