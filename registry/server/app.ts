import { Readable } from 'node:stream';
import { parseExact } from '@assay/domain/exact-json';
import type { ArtifactStore } from '@assay/registry-store/artifacts';
import type { Context } from '@assay/registry-store/context';
import { isAway } from '@assay/registry-store/database';
import { FAULTS, invalid, RegistryFault } from '@assay/registry-store/faults';
import type { Input } from '@assay/registry-store/input';
import { JsonText } from '@assay/registry-store/json';
import { WebhookSecrets } from '@assay/registry-store/webhook-secrets';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { artifactRoutes } from './artifact-bytes.ts';
import { startArtifactJobs } from './artifact-jobs.ts';
import { authenticator, requireWriter } from './auth.ts';
import type { Config } from './config.ts';
import { downloadRoutes } from './file-downloads.ts';
import { importRoutes } from './import-routes.ts';
import { notServedRoutes } from './not-served.ts';
import { PAGE_ROUTES, ROUTES, type RouteRow } from './routes.ts';
import { startWithApp } from './webhooks/dispatcher.ts';
import { webhookRoutes } from './webhooks/routes.ts';

/** The MLflow version whose clients and answers this server follows. */
const MLFLOW_VERSION = '3.17.2';
/** As long as PostgreSQL takes to start again. */
const RETRY_AFTER_S = 2;
const BODY_LIMIT = 32 * 1024 * 1024;
/** Of a connection, each way: Node's own 64 KiB stops and starts the socket after every read. */
const SOCKET_BUFFER_BYTES = 256 * 1024;
const SERVER_INFO = {
  store_type: 'SqlStore',
  workspaces_enabled: false,
  trace_archival_enabled: false,
  multipart_uploads_enabled: true,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
};

/** Malformed or empty JSON counts as {}, and so ends in "missing required parameter". */
const readBody = (body: string): unknown => {
  try {
    const parsed = parseExact(body);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : {};
  } catch {
    return {};
  }
};

const fault = (error: unknown): { status: number; code: string; message: string } => {
  if (error instanceof RegistryFault)
    return { status: FAULTS[error.code], code: error.code, message: error.message };
  const { statusCode, message, code } = error as { statusCode?: number; message?: string; code?: string };
  if (statusCode !== undefined && statusCode < 500)
    return {
      status: statusCode === 415 ? 400 : statusCode,
      code: 'INVALID_PARAMETER_VALUE',
      message: message ?? 'Bad request',
    };
  // Text that PostgreSQL cannot hold (U+0000, lone surrogates) is the sender's mistake
  if (code === '22021' || code === '22P05')
    return {
      status: 400,
      code: 'INVALID_PARAMETER_VALUE',
      message: 'The request holds text that cannot be stored',
    };
  if (isAway(error))
    return {
      status: 503,
      code: 'TEMPORARILY_UNAVAILABLE',
      message: `The registry cannot reach its database or artifact store; try again in ${RETRY_AFTER_S} seconds`,
    };
  return {
    status: 500,
    code: 'INTERNAL_ERROR',
    message: 'Internal error; the log has it under the request id',
  };
};

const registerRoutes = (app: FastifyInstance, ...parts: readonly FastifyPluginAsync[]): void => {
  for (const routes of parts) void app.register(routes);
};

const KNOWN = ROUTES.map(
  ([, path]) => new RegExp(`^/(ajax-)?api/2\\.0/mlflow/${path.replace(/:\w+/g, '[^/]+')}$`),
);

/** 404, or 405 where another method is served at the same address. */
const answerUnknown = (request: FastifyRequest, reply: FastifyReply) => {
  const path = request.url.split('?')[0] ?? '';
  const known = KNOWN.some((route) => route.test(path));
  return reply.code(known ? 405 : 404).send({
    error_code: 'ENDPOINT_NOT_FOUND',
    message: `There is no ${request.method} ${path} here${known ? '; another method is served at this address' : ''}`,
  });
};

const sendText = (reply: FastifyReply, { body }: JsonText): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(typeof body === 'string' ? body : Readable.from(body));

type ContextOf = (request: FastifyRequest, writes: boolean) => Context;

const serve = (
  app: FastifyInstance,
  contextOf: ContextOf,
  prefix: string,
  [method, path, operation, reads]: RouteRow,
): void => {
  app.route({
    method,
    url: `${prefix}/2.0/mlflow/${path}`,
    handler: async (request, reply) => {
      const context = contextOf(request, method !== 'GET' && reads === undefined);
      const body = (request.body ?? {}) as Input;
      if (
        method === 'POST' &&
        request.body === undefined &&
        Number(request.headers['content-length'] ?? 0) > 0
      )
        throw invalid("Bad Request. Content-Type must be 'application/json'.");
      const answer = await operation(context, {
        ...(request.query as Input),
        ...body,
        ...(request.params as Input),
      });
      return answer instanceof JsonText ? sendText(reply, answer) : answer;
    },
  });
};

export const buildApp = (
  config: Config,
  pool: Context['pool'],
  artifacts: ArtifactStore,
  loggerInstance: FastifyBaseLogger,
): FastifyInstance => {
  const authenticate = authenticator(config);
  const app = Fastify({
    loggerInstance,
    http: { highWaterMark: SOCKET_BUFFER_BYTES },
    disableRequestLogging: true,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 0,
    routerOptions: { maxParamLength: 5000 },
  });
  const contextOf = (request: FastifyRequest, writes: boolean): Context => {
    const caller = authenticate(request.headers.authorization);
    if (writes) requireWriter(caller);
    return { pool, artifacts, caller, nowMs: Date.now() };
  };
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const seconds = new Histogram({
    name: 'assay_registry_request_seconds',
    help: 'Time to answer',
    labelNames: ['method', 'route', 'status'],
    registers: [metrics],
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
    done(null, readBody(body as string)),
  );
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message } = fault(error);
    if (status >= 500) request.log.error({ err: error, url: request.url }, 'request failed');
    if (status === 503) reply.header('retry-after', String(RETRY_AFTER_S));
    return reply.code(status).send({ error_code: code, message });
  });
  app.setNotFoundHandler(answerUnknown);
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe(
      { method: request.method, route: request.routeOptions.url ?? 'unknown', status: reply.statusCode },
      reply.elapsedTime / 1000,
    );
  });

  app.get('/health', () => 'OK');
  app.get('/version', () => MLFLOW_VERSION);
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  app.get('/api/3.0/mlflow/server-info', () => SERVER_INFO);
  // MLflow's pages ask under /ajax-api what clients ask under /api
  for (const row of ROUTES) for (const prefix of ['/api', '/ajax-api']) serve(app, contextOf, prefix, row);
  for (const row of PAGE_ROUTES) serve(app, contextOf, '/ajax-api', row);
  const jobs = startArtifactJobs(app, { pool, artifacts, log: app.log, metrics }, config.artifacts);
  const scope = { contextOf, pool, artifacts, jobs };
  const hooks = { contextOf, config: config.webhooks, secrets: new WebhookSecrets(config.webhooks.key) };
  registerRoutes(app, artifactRoutes(scope), importRoutes(contextOf), webhookRoutes(hooks));
  startWithApp(app, { pool, logger: app.log, metrics, ...hooks });
  downloadRoutes(app, scope);
  notServedRoutes(app);
  return app;
};
