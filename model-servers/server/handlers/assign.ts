import { randomUUID } from 'node:crypto';
import type { AssignRequest, AssignResponse } from '@assay/proto/gen/events/evidence';
import { assign } from '../../routing/assign.ts';
import type { Serving } from '../context.ts';
import { endpointOf } from '../predict.ts';

/** Which arm a unit gets, without a prediction. */
export function assignUnit(serving: Serving, request: AssignRequest): AssignResponse {
  const { table, endpoint } = endpointOf(serving, request.endpoint);
  const sticky = request.unitId !== '';
  const unitId = sticky ? request.unitId : randomUUID();
  const { hosted, arm, experiment, rollout, reason, propensity } = assign(endpoint, unitId);
  const { model, version } = hosted.served;
  return {
    endpoint: request.endpoint,
    unitId,
    arm,
    model,
    version,
    experiment,
    rollout,
    reason,
    propensity,
    sticky,
    routeVersion: table.routeVersion,
  };
}
