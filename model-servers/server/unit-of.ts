import { randomUUID } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import type { InferParameter } from '@assay/proto/gen/inference/open_inference_grpc';

export interface Unit {
  readonly id: string;
  /** False when the id was drawn for this request: nobody will come back with it unless the client keeps it. */
  readonly sticky: boolean;
}

const LONGEST = 512;

/** The request's unit, or one that is drawn. Throws PARAMETER_INVALID. */
export function unitOf(parameters: Readonly<Record<string, InferParameter>>): Unit {
  const choice = Object.hasOwn(parameters, 'unit_id') ? parameters.unit_id?.parameterChoice : undefined;
  if (choice === undefined) return { id: randomUUID(), sticky: false };
  const { value } = choice;
  const id = typeof value === 'bigint' ? String(value) : value;
  if (typeof id !== 'string' || id === '' || id.length > LONGEST)
    throw new AssayError(
      'PARAMETER_INVALID',
      `Cannot read the request: parameter "unit_id" must be a text of 1 to ${LONGEST} characters`,
      { field: 'parameters.unit_id' },
    );
  return { id, sticky: true };
}
