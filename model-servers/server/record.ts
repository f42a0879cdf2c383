import { unitKey } from '../evidence/unit-key.ts';
import type { Assigned } from '../routing/assign.ts';
import type { Endpoint, RouteTable } from '../routing/table.ts';
import type { WireTensor } from '../runtime/tensor.ts';
import type { Answered } from './answer.ts';
import type { Unit } from './unit-of.ts';
import { type PredictionFields, predictionRecord } from './wire/prediction-record.ts';

/** What is known of a request when its record is written; a refused one has little. */
export interface Decision {
  readonly table: RouteTable;
  readonly endpoint: Endpoint;
  readonly decisionId: string;
  readonly requestId: string;
  readonly atMs: number;
  readonly startedMs: number;
  readonly unit?: Unit;
  readonly assigned?: Assigned;
  readonly inputs?: readonly WireTensor[];
}

function base(decision: Decision): PredictionFields {
  const { table, endpoint, unit, assigned, inputs } = decision;
  return {
    decisionId: decision.decisionId,
    role: 'served',
    atMs: decision.atMs,
    endpoint: endpoint.route.name,
    family: endpoint.route.family,
    unitKey: unit === undefined ? '' : unitKey(table.unitSecret, unit.id),
    sticky: unit?.sticky ?? false,
    requestId: decision.requestId,
    model: assigned?.hosted.served.model ?? '',
    version: assigned?.hosted.served.version ?? '',
    digest: assigned?.hosted.model.digest ?? '',
    arm: assigned?.arm ?? '',
    experiment: assigned?.experiment ?? '',
    rollout: assigned?.rollout ?? '',
    reason: assigned?.reason ?? '',
    propensity: assigned?.propensity ?? 0,
    status: 'OK',
    latencyUs: Math.round((performance.now() - decision.startedMs) * 1000),
    guardrails: [],
    policyDigest: endpoint.policyDigest,
    routeVersion: Number(table.routeVersion),
    runtime: assigned?.hosted.model.runtime ?? '',
    inputs: inputs ?? [],
    outputs: [],
    features: [],
    served: [],
  };
}

export function answeredRecord(decision: Decision, answered: Answered): Uint8Array {
  const { answer, raw, hosted } = answered;
  return predictionRecord({
    ...base(decision),
    model: hosted.served.model,
    version: hosted.served.version,
    digest: hosted.model.digest,
    runtime: hosted.model.runtime,
    arm: answered.arm,
    reason: answered.reason,
    status: answered.status,
    guardrails: [...answered.trips],
    outputs: raw === undefined ? answer.outputs : [...answer.outputs, raw],
    features: answer.features,
    served: answer.served,
  });
}

export const refusedRecord = (decision: Decision, status: string): Uint8Array =>
  predictionRecord({ ...base(decision), status });

/** A copy's record: the same decision id, role `shadow`, nothing that an analysis could take for an arm. */
export const shadowRecord = (
  decision: Decision,
  answered: Answered | undefined,
  status: string,
): Uint8Array =>
  answered === undefined
    ? predictionRecord({ ...base(decision), role: 'shadow', status })
    : predictionRecord({
        ...base(decision),
        role: 'shadow',
        guardrails: [...answered.trips],
        outputs: [...answered.answer.outputs, ...(answered.raw ? [answered.raw] : [])],
        features: answered.answer.features,
        served: answered.answer.served,
        status,
      });
