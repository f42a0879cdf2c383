import type {
  InferParameter,
  ModelInferRequest,
  ModelInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { typedOfRaw } from '../runtime/datatypes.ts';
import { type Answered, FAMILY_DEFAULT } from './answer.ts';
import type { Decision } from './record.ts';
import type { Unit } from './unit-of.ts';

const text = (value: string): InferParameter => ({ parameterChoice: { $case: 'stringParam', value } });

/** Raw contents, or typed ones for a client that sent typed ones. */
export function responseOf(
  request: ModelInferRequest,
  decision: Decision & { readonly unit: Unit },
  answered: Answered,
): ModelInferResponse {
  const isDefault = answered.reason === 'fallback-default';
  const version = isDefault ? FAMILY_DEFAULT : answered.hosted.served.version;
  const wanted = new Set(request.outputs.map((o) => o.name));
  const outputs = answered.answer.outputs.filter((o) => wanted.size === 0 || wanted.has(o.name));
  const typed = request.rawInputContents.length === 0;
  return {
    modelName: request.modelName,
    modelVersion: version,
    id: request.id,
    parameters: {
      decision_id: text(decision.decisionId),
      served_version: text(version),
      arm: text(answered.arm),
      reason: text(answered.reason),
      guardrail: text(answered.trips.length === 0 ? '' : JSON.stringify(answered.trips)),
      unit_id: text(decision.unit.id),
      route_version: { parameterChoice: { $case: 'int64Param', value: decision.table.routeVersion } },
      sticky: { parameterChoice: { $case: 'boolParam', value: decision.unit.sticky } },
    },
    outputs: outputs.map(({ name, datatype, shape, data }) => ({
      name,
      datatype,
      shape: shape.map(BigInt),
      parameters: {},
      contents: typed ? typedOfRaw(datatype, data) : undefined,
    })),
    rawOutputContents: typed ? [] : outputs.map((o) => o.data),
  };
}
