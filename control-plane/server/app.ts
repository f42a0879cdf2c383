import { randomUUID } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import { assertMay } from '@assay/domain/roles';
import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Deps } from './deps.ts';
import { answerProblem } from './problem.ts';
import { auditRoutes } from './routes/audit.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { eventRoutes } from './routes/events.ts';
import { experimentRoutes } from './routes/experiments.ts';
import { modelRoutes } from './routes/models.ts';
import { pages } from './routes/pages.ts';
import { registryRoutes } from './routes/registry.ts';
import { releaseRoutes } from './routes/releases.ts';
import { workRoutes } from './routes/work.ts';

/** A page of another site must not act with the rights that loopback gives. */
function assertSameOrigin({ headers, method }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin !== undefined && URL.canParse(origin) && new URL(origin).host === host) return;
  if (origin !== undefined && method !== 'GET')
    throw new AssayError(
      'PERMISSION_DENIED',
      `Cannot answer a page of "${origin}": only Assay's own may write`,
    );
}

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** The HTTP side: API, events, metrics and pages. */
export async function buildApp(deps: Deps, level: 'info' | 'silent' = 'info') {
  const app = Fastify({
    logger: { level },
    genReqId: () => randomUUID(),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  app.decorateRequest('identity');
  app.addHook('onRequest', async (request) => {
    // Another name for loopback is a rebound DNS name
    if (!LOOPBACK_HOST.test(request.headers.host ?? ''))
      throw new AssayError(
        'PERMISSION_DENIED',
        `Cannot answer for host "${request.headers.host}": only loopback`,
      );
    assertSameOrigin(request);
  });
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  await app.register(fastifySwagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Assay control plane', version: '1' } },
    transform: jsonSchemaTransform,
  });
  app.get('/health', async () => {
    await deps.store.routePlan();
    return { ok: true };
  });
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  await app.register(
    async (scope) => {
      const api = scope.withTypeProvider<ZodTypeProvider>();
      api.addHook('onRequest', async (request) => {
        request.identity = deps.identities.of(request.headers.authorization);
        assertMay(request.identity, 'read');
      });
      api.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
      for (const add of [
        endpointRoutes,
        releaseRoutes,
        experimentRoutes,
        modelRoutes,
        registryRoutes,
        workRoutes,
        auditRoutes,
        eventRoutes,
      ])
        add(api, deps);
    },
    { prefix: '/api/v1' },
  );
  await pages(app as never, deps.uiDir);
  return app;
}
