import { AssayError, ERRORS, HTTP_STATUS } from '@assay/domain/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** Everything that goes wrong leaves as problem+json (RFC 9457); internal detail stays in the log under the request id. */
export function answerProblem(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const known = asKnown(error, request);
  if (known.code === 'INTERNAL') request.log.error({ err: error }, 'request failed');
  const status = HTTP_STATUS[known.status];
  void reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({
      type: `urn:assay:error:${known.code}`,
      title: ERRORS[known.code].remedy,
      status,
      detail: known.message,
      code: known.code,
      remedy: known.remedy,
      ...(known.field !== undefined && { field: known.field }),
      instance: request.id,
    });
}

function asKnown(error: FastifyError | Error, request: FastifyRequest): AssayError {
  if (error instanceof AssayError) return error;
  const what = `${request.method} ${request.url}`;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const first = error.validation[0];
    const field = (first?.instancePath ?? '').slice(1).replaceAll('/', '.');
    return new AssayError(
      'REQUEST_INVALID',
      `Cannot answer ${what}: "${field}" ${first?.message ?? 'is invalid'}`,
      {
        field,
      },
    );
  }
  if ('statusCode' in error && error.statusCode === 413)
    return new AssayError('MESSAGE_TOO_LARGE', `Cannot answer ${what}: its body is larger than 1 MiB`);
  if ('statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500)
    return new AssayError('REQUEST_INVALID', `Cannot answer ${what}: ${error.message}`);
  return new AssayError('INTERNAL', `Cannot answer ${what}: an internal error`, { cause: error });
}
