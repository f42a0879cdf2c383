import { randomUUID } from 'node:crypto';
import { AssayError, HTTP_STATUS } from '@assay/domain/errors';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { rawOfTyped } from '../../runtime/datatypes.ts';
import { assertMayPredict } from '../access.ts';
import type { Serving } from '../context.ts';
import { outside } from '../grpc-error.ts';
import { isModelReady, isReady, metadataOf, SERVER } from '../handlers/inference.ts';
import { type Predict, predictor } from '../predict.ts';
import { jsonOfResponse, requestOfJson } from './json-tensors.ts';
import { addOutcomes } from './outcomes.ts';

interface Named {
  readonly Params: { readonly name: string; readonly version?: string };
}

const NOT_READY = 503;

/** Open Inference Protocol v2 over REST, outcomes, and metrics. */
export function restApp(serving: Serving, maxMessageBytes: number): FastifyInstance {
  const app = Fastify({ bodyLimit: maxMessageBytes, logger: false, genReqId: () => randomUUID() });
  // Everything is JSON: some clients send no Content-Type at all, others text/plain
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'ignore'));
  app.setErrorHandler((cause: FastifyError, request, reply) => problem(reply, request.id, cause));
  app.setNotFoundHandler((request, reply) =>
    problem(reply, request.id, new AssayError('NOT_FOUND', `Cannot find "${request.url}"`)),
  );
  app.get('/v2', () => SERVER);
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', (_request, reply) =>
    reply.status(isReady(serving) ? 200 : NOT_READY).send({ ready: isReady(serving) }),
  );
  app.get('/metrics', async (_request, reply) => {
    const { registry } = serving.events;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  const predict = predictor(serving);
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version'])
    addModel(app, serving, predict, path);
  addOutcomes(app, serving);
  return app;
}

function addModel(app: FastifyInstance, serving: Serving, predict: Predict, path: string): void {
  app.get<Named>(path, ({ params: { name, version = '' } }) => {
    const metadata = metadataOf(serving, name, version);
    const tensors = (of: typeof metadata.inputs): unknown[] =>
      of.map((t) => ({ ...t, shape: t.shape.map(Number) }));
    return { ...metadata, inputs: tensors(metadata.inputs), outputs: tensors(metadata.outputs) };
  });
  app.get<Named>(`${path}/ready`, ({ params: { name, version = '' } }, reply) => {
    const ready = isModelReady(serving, name, version);
    return reply.status(ready ? 200 : NOT_READY).send({ name, ready });
  });
  app.post<Named>(`${path}/infer`, async ({ params: { name, version = '' }, headers, body }) => {
    assertMayPredict(serving.access, headers.authorization);
    const answer = await predict(requestOfJson(name, version, body), Number.POSITIVE_INFINITY);
    const raw = answer.outputs.map((o) =>
      o.contents ? rawOfTyped(o.datatype, o.contents) : Buffer.alloc(0),
    );
    return jsonOfResponse(answer, raw);
  });
}

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
function problem(reply: FastifyReply, requestId: string, cause: FastifyError | AssayError): FastifyReply {
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
