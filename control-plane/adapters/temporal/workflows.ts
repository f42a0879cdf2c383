import { experimentWorkflow, STOP } from '@assay/contract/experiment';
import { monitorWorkflow } from '@assay/contract/monitor';
import { ABORT, APPROVE, releaseWorkflow, TASK_QUEUES, WHY } from '@assay/contract/release';
import { trainWorkflow } from '@assay/contract/train';
import type { TrainingStatus, Workflows } from '@assay/domain/ports/workflows';
import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { causeText, translated } from './errors.ts';

const DEADLINE_MS = 4_000;
/** An approval is an update that the worker must answer. */
const UPDATE_DEADLINE_MS = 15_000;
const WHY_DEADLINE_MS = 1_500;

/** Workflows over a Temporal cluster. The connection is made at the first call, so that the API starts without it. */
export class TemporalWorkflows implements Workflows, AsyncDisposable {
  readonly #connection: Connection;
  readonly #client: Client;

  constructor(address: string) {
    this.#connection = Connection.lazy({ address, connectTimeout: DEADLINE_MS });
    this.#client = new Client({ connection: this.#connection });
  }

  startRelease: Workflows['startRelease'] = (request) =>
    this.#start(releaseWorkflow.name, releaseWorkflow.id(request), TASK_QUEUES.control, request);

  startExperiment: Workflows['startExperiment'] = (request) =>
    this.#start(
      experimentWorkflow.name,
      experimentWorkflow.id(request.plan.id),
      TASK_QUEUES.control,
      request,
    );

  startTraining: Workflows['startTraining'] = (request) =>
    this.#start(trainWorkflow.name, trainWorkflow.id(request.id), TASK_QUEUES.training, request, true);

  startMonitor: Workflows['startMonitor'] = (request) =>
    this.#start(monitorWorkflow.name, monitorWorkflow.id(request.endpoint), TASK_QUEUES.control, request);

  stopMonitor: Workflows['stopMonitor'] = (endpoint, by) =>
    this.#signal(monitorWorkflow.id(endpoint), STOP, by);

  abort: Workflows['abort'] = (release, by) => this.#signal(release, ABORT, by);

  stopExperiment: Workflows['stopExperiment'] = (id, by) => this.#signal(experimentWorkflow.id(id), STOP, by);

  async approve(...[release, input]: Parameters<Workflows['approve']>): Promise<void> {
    await this.#call(`approve ${release}`, UPDATE_DEADLINE_MS, () =>
      this.#handle(release).executeUpdate(APPROVE, { args: [input] }),
    );
  }

  async training(id: string): Promise<TrainingStatus> {
    const handle = this.#handle(trainWorkflow.id(id));
    const { status } = await this.#call(`read training "${id}"`, DEADLINE_MS, () => handle.describe());
    if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW')
      return { id, state: 'running', result: null, error: null };
    if (status.name !== 'COMPLETED') {
      const error = await handle.result().then(
        () => status.name,
        (failure: unknown) => causeText(failure),
      );
      return { id, state: 'failed', result: null, error };
    }
    const result: unknown = await this.#call(`read training "${id}"`, DEADLINE_MS, () => handle.result());
    return { id, state: 'done', result, error: null };
  }

  async why(workflowId: string): Promise<string | null> {
    try {
      const handle = this.#handle(workflowId);
      const ask = async () =>
        (await handle.describe()).status.name === 'RUNNING' ? await handle.query<string>(WHY) : null;
      return await this.#connection.withDeadline(Date.now() + WHY_DEADLINE_MS, ask);
    } catch {
      // A page without this sentence is better than no page
      return null;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  #handle(id: string): WorkflowHandle {
    return this.#client.workflow.getHandle(id);
  }

  /** `isOnce`: what has succeeded under this id is not done again. */
  async #start(
    name: string,
    workflowId: string,
    taskQueue: string,
    input: object,
    isOnce = false,
  ): Promise<void> {
    await this.#call(`start ${workflowId}`, DEADLINE_MS, async () => {
      try {
        await this.#client.workflow.start(name, {
          workflowId,
          taskQueue,
          args: [input],
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: isOnce ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'ALLOW_DUPLICATE',
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    });
  }

  /** One that has ended needs no signal. */
  async #signal(id: string, name: string, input: object): Promise<void> {
    await this.#call(`signal "${name}" to ${id}`, DEADLINE_MS, async () => {
      try {
        await this.#handle(id).signal(name, input);
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    });
  }

  async #call<T>(what: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#connection.withDeadline(Date.now() + deadlineMs, work);
    } catch (error) {
      throw translated(what, error);
    }
  }
}
