import type { Readable } from 'node:stream';
import { blobPathOf } from '@assay/registry-store/artifacts';
import type { Context } from '@assay/registry-store/context';
import { absent, RegistryFault } from '@assay/registry-store/faults';
import { describeVersion } from '@assay/registry-store/model-versions';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listProxied } from './artifact-lists.ts';

type ContextOf = (request: FastifyRequest, writes: boolean) => Context;

const send = (
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  file: { digest: string; size: string; name: string },
) => {
  const size = Number(file.size);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  reply
    .header('X-Content-Type-Options', 'nosniff')
    .header('Accept-Ranges', 'bytes')
    .type('application/octet-stream');
  reply.header('Content-Disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`);
  if (range !== null && start > end) return reply.code(416).header('Content-Range', `bytes */${size}`).send();
  if (range !== null) reply.code(206).header('Content-Range', `bytes ${start}-${end}/${size}`);
  reply.header('Content-Length', size === 0 ? 0 : end - start + 1);
  return reply.send(
    size === 0 || request.method === 'HEAD' ? '' : context.artifacts.read(file.digest, { start, end }),
  );
};

/** Bytes go straight between socket and disk; in this scope no body is ever parsed. */
export const artifactRoutes =
  (contextOf: ContextOf) =>
  async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const base = '/api/2.0/mlflow-artifacts/artifacts';
    const pathOf = (request: FastifyRequest) => (request.params as { '*': string })['*'];
    app.get(base, (request) =>
      listProxied(contextOf(request, false), request.query as Record<string, unknown>),
    );
    app.put(`${base}/*`, { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request) => {
      const context = contextOf(request, true);
      await context.artifacts.put(
        pathOf(request),
        (request.body as Readable | undefined) ?? request.raw,
        context.nowMs,
      );
      return {};
    });
    app.get(`${base}/*`, async (request, reply) => {
      const context = contextOf(request, false);
      const { path, digest, size } = await context.artifacts.find(pathOf(request));
      return send(context, request, reply, { digest, size, name: path.slice(path.lastIndexOf('/') + 1) });
    });
    app.delete(`${base}/*`, async (request) => {
      await contextOf(request, true).artifacts.remove(pathOf(request));
      return {};
    });
    app.all('/api/2.0/mlflow-artifacts/mpu/*', () => {
      throw new RegistryFault(
        'NOT_IMPLEMENTED',
        'Multipart uploads are not served; send the file in one PUT',
      );
    });
    app.get('/api/assay/v1/model-versions/:name/:version', (request) =>
      describeVersion(contextOf(request, false), request.params as Record<string, string>),
    );
    app.get('/api/assay/v1/blobs/sha256/:digest', async (request, reply) => {
      const context = contextOf(request, false);
      const { digest } = request.params as { digest: string };
      const found = /^[0-9a-f]{64}$/.test(digest)
        ? await context.pool.query('SELECT size FROM artifacts WHERE digest = $1 LIMIT 1', [digest])
        : undefined;
      const size = (found?.rows[0] as { size: string } | undefined)?.size;
      if (size === undefined)
        throw absent(`There is no blob ${JSON.stringify(blobPathOf(digest.slice(0, 64)))}`);
      return send(context, request, reply, { digest, size, name: digest });
    });
  };
