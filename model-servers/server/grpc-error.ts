import { AssayError, type Status as StatusName } from '@assay/domain/errors';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@assay/proto/gen/google/rpc/status';
import { Metadata, type ServerErrorResponse, status } from '@grpc/grpc-js';

const TYPE = 'type.googleapis.com/google.rpc.';
const DETAILS = 'grpc-status-details-bin';
const RETRY_NANOS = 100_000_000;

/** What goes wrong inside is told to the log, not to the client. */
export const outside = (cause: unknown): AssayError => {
  if (!(cause instanceof AssayError))
    return new AssayError('INTERNAL', 'Cannot answer: an internal failure', { cause });
  return cause.status === 'INTERNAL'
    ? new AssayError(cause.code, 'Cannot answer: the model failed or something inside did', { cause })
    : cause;
};

/** Canonical status, with google.rpc details: ErrorInfo always, the field where there is one, a delay on overload. */
export function grpcError(cause: unknown): ServerErrorResponse {
  const error = outside(cause);
  const code = status[error.status satisfies StatusName];
  const info = ErrorInfo.encode({
    reason: error.code,
    domain: 'assay',
    metadata: { remedy: error.remedy, ...(error.field !== undefined && { field: error.field }) },
  }).finish();
  const details = [{ typeUrl: `${TYPE}ErrorInfo`, value: Buffer.from(info) }];
  if (error.field !== undefined) {
    const violation = { field: error.field, description: error.message };
    const bad = BadRequest.encode({ fieldViolations: [violation] }).finish();
    details.push({ typeUrl: `${TYPE}BadRequest`, value: Buffer.from(bad) });
  }
  if (error.code === 'OVERLOADED') {
    const retry = RetryInfo.encode({ retryDelay: { seconds: 0n, nanos: RETRY_NANOS } }).finish();
    details.push({ typeUrl: `${TYPE}RetryInfo`, value: Buffer.from(retry) });
  }
  const metadata = new Metadata();
  metadata.set(DETAILS, Buffer.from(Status.encode({ code, message: error.message, details }).finish()));
  return { name: error.code, code, details: error.message, message: error.message, metadata };
}
