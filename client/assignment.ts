import type { AssignResponse } from '@assay/proto/gen/events/evidence';
import { type ServiceError, status } from '@grpc/grpc-js';

/** OpenFeature's resolution details (openfeature.dev/specification/types): the arm is value and variant. */
export interface Assignment {
  readonly value: string;
  readonly variant: string;
  readonly reason: 'SPLIT' | 'STATIC' | 'ERROR';
  readonly errorCode?: 'FLAG_NOT_FOUND' | 'INVALID_CONTEXT' | 'PROVIDER_NOT_READY' | 'GENERAL';
  readonly errorMessage?: string;
  readonly flagMetadata: Readonly<Record<string, string | number | boolean>>;
}

/** An arm that a unit gets for certain is static. */
export function assignmentOf(answer: AssignResponse): Assignment {
  const { arm, propensity, model, version, experiment, rollout, sticky, unitId } = answer;
  return {
    value: arm,
    variant: arm,
    reason: propensity < 1 ? 'SPLIT' : 'STATIC',
    flagMetadata: { model, version, experiment, rollout, sticky, propensity, unitId },
  };
}

const CODES: Readonly<Record<number, NonNullable<Assignment['errorCode']>>> = {
  [status.NOT_FOUND]: 'FLAG_NOT_FOUND',
  [status.INVALID_ARGUMENT]: 'INVALID_CONTEXT',
  [status.UNAVAILABLE]: 'PROVIDER_NOT_READY',
};

export const failedAssignment = (arm: string, error: ServiceError): Assignment => ({
  value: arm,
  variant: arm,
  reason: 'ERROR',
  errorCode: CODES[error.code] ?? 'GENERAL',
  errorMessage: error.details,
  flagMetadata: {},
});
