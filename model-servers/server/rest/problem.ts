import { AssayError, HTTP_STATUS } from '@assay/domain/errors';
import type { FastifyError, FastifyReply } from 'fastify';
import { outside } from '../grpc-error.ts';

/** Fastify's own refusals in our words. */
function known(cause: FastifyError | AssayError): AssayError {
  if (cause instanceof AssayError) return cause;
  if (cause.statusCode === 413)
    return new AssayError(
      'MESSAGE_TOO_LARGE',
      'Cannot read the request: it is larger than this server takes',
    );
  if (cause.statusCode !== undefined && cause.statusCode < 500)
    return new AssayError('REQUEST_INVALID', `Cannot read the request: ${cause.message}`, { cause });
  return outside(cause);
}

/** RFC 9457, and `error`, which clients of the protocol read. */
export function problem(
  reply: FastifyReply,
  requestId: string,
  cause: FastifyError | AssayError,
): FastifyReply {
  const error = outside(known(cause));
  const status = HTTP_STATUS[error.status];
  return reply
    .status(status)
    .type('application/problem+json')
    .send({
      type: `urn:assay:error:${error.code}`,
      title: error.message,
      status,
      code: error.code,
      remedy: error.remedy,
      instance: requestId,
      error: error.message,
      ...(error.field !== undefined && { field: error.field }),
    });
}
