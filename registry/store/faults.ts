/** MLflow's error codes and their HTTP statuses (mlflow/exceptions.py); one table, the edge only looks it up. */
export const FAULTS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_CONFLICT: 409,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  // MLflow's clients retry 500 for minutes; the bytes are gone, and asking again does not bring them back
  DATA_LOSS: 410,
  INVALID_STATE: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
  INTERNAL_ERROR: 500,
} as const;

export type FaultCode = keyof typeof FAULTS;

/** A refusal in MLflow's words: its clients read the code, never an Assay one. */
export class RegistryFault extends Error {
  override readonly name = 'RegistryFault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const invalid = (message: string) => new RegistryFault('INVALID_PARAMETER_VALUE', message);
export const absent = (message: string) => new RegistryFault('RESOURCE_DOES_NOT_EXIST', message);
export const taken = (message: string) => new RegistryFault('RESOURCE_ALREADY_EXISTS', message);
export const conflict = (message: string) => new RegistryFault('RESOURCE_CONFLICT', message);
