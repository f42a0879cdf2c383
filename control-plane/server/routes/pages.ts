import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { answerProblem } from '../problem.ts';

const CSP =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
const NO_UI =
  '<!doctype html><html lang="en"><title>Assay</title><h1>Assay</h1><p>The pages are not built yet. Run <code>npm run build --workspace ui</code>, then reload. The API is at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></html>';

/** The built UI, with its fall-back page for addresses that only the page knows. */
export async function pages(app: FastifyInstance, uiDir: string | undefined): Promise<void> {
  const fallback =
    uiDir === undefined ? undefined : ['200.html', 'index.html'].find((f) => existsSync(join(uiDir, f)));
  if (uiDir !== undefined && fallback !== undefined)
    await app.register(fastifyStatic, {
      root: uiDir,
      wildcard: false,
      index: fallback,
      setHeaders: (reply) => void reply.header('content-security-policy', CSP),
    });
  else app.get('/', (_, reply) => reply.type('text/html').header('content-security-policy', CSP).send(NO_UI));
  app.setNotFoundHandler((request, reply) => {
    // A script of a build that was replaced is away; the page in its place would be run as a script
    const isPage = request.method === 'GET' && !/^\/(api|health|metrics|_app)(\/|$)/.test(request.url);
    if (isPage && fallback !== undefined) return reply.sendFile(fallback);
    return answerProblem(
      new AssayError('NOT_FOUND', `Cannot answer ${request.method} ${request.url}: no such address`),
      request,
      reply,
    );
  });
}
