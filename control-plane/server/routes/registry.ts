import { Readable } from 'node:stream';
import type { ArtifactBytes, PageQuery } from '@assay/domain/ports/registry-reader';
import type { TrackedRunView } from '@assay/domain/read-models';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import {
  registeredModel,
  registeredModels,
  registeredVersions,
  versionsOfRun,
} from '../read-models/registered-models.ts';
import { registryReader } from '../read-models/registry-reader.ts';
import type { Api } from './context.ts';

/** Longest filter that an address can carry through any server. */
const LONGEST_FILTER = 4_000;
const LARGEST_PAGE = 200;
/** As many as the registry's own call takes. */
const MOST_RUNS = 100;
const MOST_POINTS = 2_500;

/** What MLflow takes for an id, a name or a key: anything, so long as it is not empty. */
const given = z.string().min(1).max(512);
const several = z.union([z.string(), z.array(z.string())]).transform((v) => (Array.isArray(v) ? v : [v]));
const PAGE = {
  limit: z.coerce.number().int().min(1).max(LARGEST_PAGE).default(50),
  pageToken: z.string().max(10_000).optional(),
};
const SEARCH = z.strictObject({
  ...PAGE,
  filter: z.string().max(LONGEST_FILTER).optional(),
  orderBy: several.optional(),
});
const HISTORIES = z.strictObject({
  run: several.pipe(z.array(given).min(1).max(MOST_RUNS)),
  metric: given,
  points: z.coerce.number().int().min(2).max(MOST_POINTS).default(1_000),
});
const BY_ID = z.object({ id: given });
const BY_NAME = z.object({ name: given });

/** What the pages read of the registry, with the control plane's own right: the caller's was asked before. */
export function registryRoutes(api: Api, deps: Deps): void {
  const reader = () => registryReader(deps.reader);
  api.get('/registry/experiments', { schema: { querystring: SEARCH } }, ({ query }) =>
    reader().experiments(pageQuery(query)),
  );
  api.get('/registry/experiments/:id', { schema: { params: BY_ID } }, ({ params }) =>
    reader().experiment(params.id),
  );
  api.get(
    '/registry/experiments/:id/runs',
    { schema: { params: BY_ID, querystring: SEARCH } },
    ({ params, query }) => reader().runs(params.id, pageQuery(query)),
  );
  api.get(
    '/registry/runs/:id',
    { schema: { params: BY_ID } },
    async ({ params }): Promise<TrackedRunView> => {
      const [run, versions] = await Promise.all([reader().run(params.id), versionsOfRun(deps, params.id)]);
      return { run, versions };
    },
  );
  api.get('/registry/histories', { schema: { querystring: HISTORIES } }, ({ query }) =>
    reader().histories(query.run, query.metric, query.points),
  );
  api.get('/registry/models', { schema: { querystring: SEARCH } }, ({ query }) =>
    registeredModels(deps, pageQuery(query)),
  );
  api.get('/registry/models/:name', { schema: { params: BY_NAME } }, ({ params }) =>
    registeredModel(deps, params.name),
  );
  api.get(
    '/registry/models/:name/versions',
    { schema: { params: BY_NAME, querystring: z.strictObject(PAGE) } },
    ({ params, query }) => registeredVersions(deps, params.name, query),
  );
  fileRoutes(api, deps);
}

function fileRoutes(api: Api, deps: Deps): void {
  const reader = () => registryReader(deps.reader);
  api.get(
    '/registry/runs/:id/artifacts',
    { schema: { params: BY_ID, querystring: z.strictObject({ folder: z.string().max(4_000).default('') }) } },
    ({ params, query }) => reader().artifacts(params.id, query.folder),
  );
  const FILE = z.strictObject({ path: z.string().min(1).max(4_000) });
  api.get(
    '/registry/runs/:id/file',
    { schema: { params: BY_ID, querystring: FILE } },
    async ({ params, query }, reply) =>
      sendFile(reply, query.path, await reader().artifact(params.id, query.path)),
  );
  api.get(
    '/registry/models/:name/versions/:version/file',
    { schema: { params: BY_NAME.extend({ version: given }), querystring: FILE } },
    async ({ params, query }, reply) =>
      sendFile(reply, query.path, await reader().versionFile(params.name, params.version, query.path)),
  );
}

const pageQuery = ({ filter, orderBy, limit, pageToken }: z.infer<typeof SEARCH>): PageQuery => ({
  filter,
  orderBy,
  limit,
  pageToken,
});

/** Always a download and never a page: whoever logs a file must not run scripts beside somebody's token. */
function sendFile(reply: FastifyReply, path: string, { body, sizeBytes }: ArtifactBytes): FastifyReply {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (sizeBytes !== null) reply.header('content-length', sizeBytes);
  return reply
    .header('x-content-type-options', 'nosniff')
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}`)
    .type('application/octet-stream')
    .send(Readable.from(body, { objectMode: false }));
}
