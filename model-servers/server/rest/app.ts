import { randomUUID } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { assertMayPredict } from '../access.ts';
import type { Serving } from '../context.ts';
import { isModelReady, isReady, metadataOf, repositoryIndex, serverMetadata } from '../handlers/inference.ts';
import { type Predict, predictor } from '../predict.ts';
import type { TlsMaterial } from '../tls.ts';
import { decoded, partsOf } from './body.ts';
import { addCompression } from './compress.ts';
import { restAnswer } from './json-answer.ts';
import { requestOfJson } from './json-request.ts';
import { OPENAPI } from './openapi.ts';
import { addOutcomes } from './outcomes.ts';
import { problem } from './problem.ts';

interface Named {
  readonly Params: { readonly name: string; readonly version?: string };
}

const NOT_READY = 503;
const HEADER_LENGTH = 'inference-header-content-length';

export interface RestLimits {
  readonly maxMessageBytes: number;
  readonly requestTimeoutMs: number;
  readonly tls?: TlsMaterial | undefined;
}

const LONGEST_NAME = 1024;
/** How often Node looks for requests that are late. */
const LOOKS_PER_TIMEOUT = 4;

/** Open Inference Protocol v2 over REST, outcomes, and metrics. */
export function restApp(
  serving: Serving,
  { maxMessageBytes, requestTimeoutMs, tls }: RestLimits,
): FastifyInstance {
  const secure = tls && { https: { ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: true } };
  const app: FastifyInstance = Fastify({
    ...secure,
    bodyLimit: maxMessageBytes,
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / LOOKS_PER_TIMEOUT),
    },
    // Longer names of endpoints would be 404
    routerOptions: { maxParamLength: LONGEST_NAME },
    logger: false,
    genReqId: () => randomUUID(),
  });
  // Everything is JSON, with binary data behind it or not: some clients send no Content-Type at all, others text/plain
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer) =>
    decoded(body, request.headers['content-encoding'], maxMessageBytes),
  );
  app.setErrorHandler((cause: FastifyError, request, reply) => problem(reply, request.id, cause));
  app.setNotFoundHandler((request, reply) =>
    problem(reply, request.id, new AssayError('NOT_FOUND', `Cannot find "${request.url}"`)),
  );
  addCompression(app);
  app.get('/v2', () => serverMetadata(serving));
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', (_request, reply) =>
    reply.status(isReady(serving) ? 200 : NOT_READY).send({ ready: isReady(serving) }),
  );
  app.get('/metrics', async (_request, reply) => {
    const { registry } = serving.events;
    return reply.type(registry.contentType).send(await serving.metricsText());
  });
  app.post('/v2/repository/index', () => repositoryIndex(serving, '').models);
  const predict = predictor(serving);
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version'])
    addModel(app, serving, predict, path);
  addOutcomes(app, serving);
  app.get('/openapi.json', () => OPENAPI);
  return app;
}

function addModel(app: FastifyInstance, serving: Serving, predict: Predict, path: string): void {
  app.get<Named>(path, ({ params: { name, version = '' } }) => {
    const metadata = metadataOf(serving, name, version);
    const tensors = (of: typeof metadata.inputs): unknown[] =>
      of.map((t) => ({ ...t, shape: t.shape.map(Number) }));
    return { ...metadata, inputs: tensors(metadata.inputs), outputs: tensors(metadata.outputs) };
  });
  // What is unknown is 404, as for every other path below it
  app.get<Named>(`${path}/ready`, ({ params: { name, version = '' } }, reply) => {
    metadataOf(serving, name, version);
    const ready = isModelReady(serving, name, version);
    return reply.status(ready ? 200 : NOT_READY).send({ name, ready });
  });
  app.post<Named>(`${path}/infer`, async ({ params: { name, version = '' }, headers, body }, reply) => {
    assertMayPredict(serving.access, headers.authorization);
    const { request, wishes } = requestOfJson(name, version, partsOf(body, headers[HEADER_LENGTH]));
    const answer = await predict(request, Number.POSITIVE_INFINITY, {
      get cancelled() {
        return reply.raw.destroyed;
      },
    });
    const { body: bytes, headerLength } = restAnswer(answer, wishes);
    if (headerLength === undefined) return reply.type('application/json').send(bytes);
    return reply.type('application/octet-stream').header(HEADER_LENGTH, headerLength).send(bytes);
  });
}
