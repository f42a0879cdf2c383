import { TASK_QUEUES } from '@assay/contract/release';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { type ActivityDeps, activitiesByQueue } from './activities.ts';
import { bundleWorkflows } from './bundle.ts';
import { activityInterceptor } from './interceptor.ts';

/** Two trainings at once: more only take each other's cores. */
const MOST_TRAININGS = 2;

export interface WorkersInput {
  readonly connection: NativeConnection;
  readonly deps: ActivityDeps;
}

/** One worker a queue, so that a long training never stands in the way of a rollback. */
export async function createWorkers({ connection, deps }: WorkersInput): Promise<readonly Worker[]> {
  const workflowBundle = await bundleWorkflows();
  const activities = activitiesByQueue(deps);
  const common: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    interceptors: { activity: [activityInterceptor] },
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '4 seconds',
    // After a kill -9 the next worker gets a dead one's workflow tasks this soon
    stickyQueueScheduleToStartTimeout: '5 seconds',
    // Each cached workflow is a sandbox; what is not cached is replayed
    maxCachedWorkflows: 60,
  };
  return Promise.all([
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.control,
      workflowBundle,
      activities: activities.control,
    }),
    Worker.create({ ...common, taskQueue: TASK_QUEUES.analysis, activities: activities.analysis }),
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.training,
      workflowBundle,
      activities: activities.training,
      maxConcurrentActivityTaskExecutions: MOST_TRAININGS,
      maxCachedWorkflows: 10,
    }),
  ]);
}
