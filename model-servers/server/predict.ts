import { position } from '@assay/domain/assignment';
import { AssayError } from '@assay/domain/errors';
import { ARM } from '@assay/domain/evidence-schema';
import type { ModelInferRequest, ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import { type Assigned, assign, pinned } from '../routing/assign.ts';
import type { Endpoint, Hosted, RouteTable } from '../routing/table.ts';
import type { WireTensor } from '../runtime/tensor.ts';
import { type Answered, answerFor, askModel } from './answer.ts';
import type { Serving } from './context.ts';
import { readInputs } from './read-inputs.ts';
import type { Decision } from './record.ts';
import { responseOf } from './response.ts';
import { type Unit, unitOf } from './unit-of.ts';
import { uuidV7 } from './uuid-v7.ts';

type Complete = Decision & {
  readonly unit: Unit;
  readonly assigned: Assigned;
  readonly inputs: readonly WireTensor[];
};

/** Whoever asked may have gone in the meantime. */
export interface Caller {
  readonly cancelled: boolean;
}

/** `caller` is looked at before the model runs. */
export type Predict = (
  request: ModelInferRequest,
  deadlineMs: number,
  caller: Caller,
) => Promise<ModelInferResponse>;

const predictors = new WeakMap<Serving, Predict>();

/** The path of a prediction: read, assign, infer, guard, record, answer; shadows afterwards. One a server, whatever the door. */
export function predictor(serving: Serving): Predict {
  const known = predictors.get(serving) ?? makePredictor(serving);
  predictors.set(serving, known);
  return known;
}

function makePredictor(serving: Serving): Predict {
  const { admission } = serving;
  return async (request, deadlineMs, caller) => {
    admission.enter();
    try {
      return await predictOne(serving, request, deadlineMs, caller);
    } finally {
      admission.leave();
    }
  };
}

async function predictOne(
  serving: Serving,
  request: ModelInferRequest,
  deadlineMs: number,
  caller: Caller,
): Promise<ModelInferResponse> {
  let decision: Decision = begin(serving, request);
  const { endpoint } = decision;
  let complete: Complete;
  let answered: Answered;
  try {
    complete = { ...decision, ...read(endpoint, request) };
    decision = complete;
    const stillAwaited = (): void => assertAwaited(request, deadlineMs, caller);
    stillAwaited();
    answered = await answerFor(endpoint, complete.assigned, complete.inputs, stillAwaited);
  } catch (cause) {
    await refuse(serving, decision, cause);
    throw cause;
  }
  await serving.recorder.answered(complete, answered);
  count(serving, complete, answered);
  for (const { hosted, sample } of endpoint.shadows)
    if (
      sample >= 1 ||
      position(`shadow/${hosted.served.model}/${hosted.served.version}`, complete.decisionId) < sample
    )
      serving.shadows.add(() => shadow(serving, complete, hosted));
  return responseOf(request, complete, answered);
}

/** No model runs for an answer that nobody waits for. Throws CALL_CANCELLED, DEADLINE_PASSED. */
function assertAwaited({ modelName }: ModelInferRequest, deadlineMs: number, caller: Caller): void {
  if (caller.cancelled)
    throw new AssayError('CALL_CANCELLED', `Cannot answer for "${modelName}": the client cancelled the call`);
  if (Date.now() > deadlineMs)
    throw new AssayError('DEADLINE_PASSED', `Cannot answer for "${modelName}": its deadline has passed`);
}

/** Throws SERVER_NOT_READY, ENDPOINT_UNKNOWN: such requests belong to no endpoint's evidence. */
function begin(serving: Serving, request: ModelInferRequest): Decision {
  const { table, endpoint } = endpointOf(serving, request.modelName);
  const atMs = Date.now();
  const startedMs = performance.now();
  return { table, endpoint, decisionId: uuidV7(atMs), requestId: request.id, atMs, startedMs };
}

export function endpointOf(serving: Serving, name: string): { table: RouteTable; endpoint: Endpoint } {
  const { table } = serving.plans;
  if (table === undefined)
    throw new AssayError(
      'SERVER_NOT_READY',
      `Cannot answer for "${name}": this server has no route plan yet`,
    );
  const endpoint = table.endpoints.get(name);
  if (endpoint === undefined)
    throw new AssayError(
      'ENDPOINT_UNKNOWN',
      `Cannot answer for "${name}": the route plan has no such endpoint`,
      {
        field: 'model_name',
      },
    );
  return { table, endpoint };
}

function read(
  endpoint: Endpoint,
  request: ModelInferRequest,
): Omit<Complete, keyof Decision> & Pick<Complete, 'unit' | 'assigned' | 'inputs'> {
  const unit = unitOf(request.parameters);
  const assigned =
    request.modelVersion === '' ? assign(endpoint, unit.id) : pinned(endpoint, request.modelVersion);
  return { unit, assigned, inputs: readInputs(endpoint.spec, request) };
}

/** A refusal is evidence too. Where even that cannot be written the refusal still reaches the client. */
async function refuse(serving: Serving, decision: Decision, cause: unknown): Promise<void> {
  const { endpoint, assigned } = decision;
  const status = cause instanceof AssayError ? cause.status : 'INTERNAL';
  const served = assigned?.hosted.served;
  const { name } = endpoint.route;
  serving.traffic.of(name, served?.model ?? '', served?.version ?? '', assigned?.arm ?? '').failed++;
  serving.events.refused(name, cause, decision.requestId);
  await serving.recorder
    .refused(decision, status)
    .catch((error: unknown) => serving.events.evidenceLost(name, error));
}

function count(serving: Serving, decision: Complete, answered: Answered): void {
  const { route } = decision.endpoint;
  const { model, version } = answered.hosted.served;
  const traffic = serving.traffic.of(route.name, model, version, answered.arm);
  traffic.answered++;
  if (answered.trips.length > 0) {
    traffic.guarded++;
    for (const t of answered.trips) serving.events.guarded(route.name, t.rule, t.action);
  }
  if (answered.failure !== undefined) {
    // Charged to the version that failed, not to the one that stepped in
    const failed = decision.assigned.hosted.served;
    serving.traffic.of(route.name, failed.model, failed.version, decision.assigned.arm).failed++;
    serving.events.fellBack(route.name, answered.reason, answered.failure, decision.requestId);
  }
  serving.events.answered(route.name, (performance.now() - decision.startedMs) / 1000);
}

/** A copy for a version that the plan in force still shadows; its answer and its failures are only recorded. */
async function shadow(serving: Serving, original: Complete, hosted: Hosted): Promise<void> {
  const { endpoint } = original;
  const now = serving.plans.table?.endpoints.get(endpoint.route.name);
  if (!now?.shadows.some((s) => s.hosted.model === hosted.model)) {
    serving.shadows.dropped++;
    return;
  }
  const decision: Complete = {
    ...original,
    startedMs: performance.now(),
    assigned: { hosted, arm: ARM.shadow, experiment: '', rollout: '', reason: 'shadow', propensity: 0 },
  };
  const traffic = serving.traffic.of(
    endpoint.route.name,
    hosted.served.model,
    hosted.served.version,
    ARM.shadow,
  );
  const [answered, status] = await shadowAnswer(decision, hosted);
  if (answered === undefined) traffic.failed++;
  else traffic.answered++;
  if (answered !== undefined && answered.trips.length > 0) traffic.guarded++;
  await serving.recorder
    .shadow(decision, answered, status)
    .catch((error: unknown) => serving.events.evidenceLost(endpoint.route.name, error));
}

async function shadowAnswer(
  { endpoint, inputs }: Complete,
  hosted: Hosted,
): Promise<readonly [Answered | undefined, string]> {
  try {
    const judged = await askModel(endpoint, hosted, inputs);
    const marks = { hosted, arm: ARM.shadow, reason: 'shadow', status: 'OK', failure: undefined } as const;
    return [{ ...judged, ...marks }, 'OK'];
  } catch (cause) {
    return [undefined, cause instanceof AssayError ? cause.status : 'INTERNAL'];
  }
}
