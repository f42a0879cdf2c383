import type { ArtifactStore } from '@assay/registry-store/artifacts';
import { blobPathOf } from '@assay/registry-store/artifacts-blobs';
import type { Context } from '@assay/registry-store/context';
import { absent } from '@assay/registry-store/faults';
import { describeVersion } from '@assay/registry-store/version-description';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { bytesOf } from './artifact-body.ts';
import { deletionRoutes } from './artifact-deletions.ts';
import type { ArtifactJobs } from './artifact-jobs.ts';
import { listProxied } from './artifact-lists.ts';
import { type AskedRange, rangeOf } from './artifact-range.ts';
import { sendBlocks } from './artifact-sending.ts';
import { uploadRoutes } from './artifact-uploads.ts';

export interface ArtifactScope {
  readonly contextOf: (request: FastifyRequest, writes: boolean) => Context;
  readonly pool: Context['pool'];
  readonly artifacts: ArtifactStore;
  readonly jobs: ArtifactJobs;
}

interface File {
  readonly digest: string;
  readonly size: number;
  readonly name: string;
}

const describe = (reply: FastifyReply, { digest, name }: File) =>
  reply
    .header('X-Content-Type-Options', 'nosniff')
    .header('Accept-Ranges', 'bytes')
    .header('ETag', `"${digest}"`)
    .header('Repr-Digest', `sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`)
    .header('Content-Disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
    .type('application/octet-stream');

const askedOf = (request: FastifyRequest, { digest, size }: File): AskedRange => {
  // If-Range: the rest of a download that broke off, unless the file has changed since
  const same = [undefined, `"${digest}"`].includes(request.headers['if-range'] as string | undefined);
  return rangeOf(same ? request.headers.range : undefined, size);
};

/** Answers once the first block is verified; damage found later cuts the connection before the announced length. */
export const send = async (
  artifacts: ArtifactStore,
  request: FastifyRequest,
  reply: FastifyReply,
  file: File,
): Promise<FastifyReply> => {
  const asked = askedOf(request, file);
  if (asked === 'unsatisfiable')
    return reply.code(416).header('Content-Range', `bytes */${file.size}`).send();
  const { start, end } = asked ?? { start: 0, end: file.size - 1 };
  const empty = file.size === 0 || request.method === 'HEAD';
  const blocks = empty ? undefined : artifacts.blocks(file.digest, { start, end });
  const first = await blocks?.next();
  describe(reply, file).header('Content-Length', end - start + 1);
  if (asked !== undefined) reply.code(206).header('Content-Range', `bytes ${start}-${end}/${file.size}`);
  return first === undefined || blocks === undefined ? reply.send('') : sendBlocks(reply, first, blocks);
};

/** GET and HEAD by hand: the HEAD that Fastify makes of a GET announces the length of its own empty body. */
const both = (app: FastifyInstance, url: string, handler: RouteHandlerMethod) =>
  app.route({ method: ['GET', 'HEAD'], url, handler, exposeHeadRoute: false });

const pathOf = (request: FastifyRequest) => (request.params as { '*': string })['*'];

const blobRoutes = (app: FastifyInstance, { contextOf, pool, artifacts }: ArtifactScope): void => {
  app.get('/api/assay/v1/model-versions/:name/:version', (request) =>
    describeVersion(contextOf(request, false), request.params as Record<string, string>),
  );
  both(app, '/api/assay/v1/blobs/sha256/:digest', async (request, reply) => {
    contextOf(request, false);
    const { digest } = request.params as { digest: string };
    const found = /^[0-9a-f]{64}$/.test(digest)
      ? await pool.query('SELECT size FROM artifacts WHERE digest = $1 LIMIT 1', [digest])
      : undefined;
    const size = (found?.rows[0] as { size: string } | undefined)?.size;
    if (size === undefined)
      throw absent(`There is no blob ${JSON.stringify(blobPathOf(digest.slice(0, 64)))}`);
    return send(artifacts, request, reply, { digest, size: Number(size), name: digest });
  });
};

/** Bytes go straight between socket and store; in this scope no body is ever parsed. */
export const artifactRoutes =
  (scope: ArtifactScope) =>
  async (app: FastifyInstance): Promise<void> => {
    const { contextOf, artifacts } = scope;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const base = '/api/2.0/mlflow-artifacts/artifacts';
    app.get(base, (request) =>
      listProxied(contextOf(request, false), request.query as Record<string, unknown>),
    );
    app.put(`${base}/*`, { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request) => {
      const { nowMs } = contextOf(request, true);
      await artifacts.put(pathOf(request), bytesOf(request), nowMs);
      return {};
    });
    both(app, `${base}/*`, async (request, reply) => {
      contextOf(request, false);
      const { path, digest, size } = await artifacts.find(pathOf(request));
      const name = path.slice(path.lastIndexOf('/') + 1);
      return send(artifacts, request, reply, { digest, size: Number(size), name });
    });
    uploadRoutes(app, scope);
    deletionRoutes(app, scope);
    blobRoutes(app, scope);
  };
