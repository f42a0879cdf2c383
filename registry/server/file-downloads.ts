import { safePath } from '@assay/registry-store/artifacts-names';
import type { Context } from '@assay/registry-store/context';
import { RegistryFault } from '@assay/registry-store/faults';
import { type Input, text } from '@assay/registry-store/input';
import { loggedModelOf } from '@assay/registry-store/logged-models';
import { runOf } from '@assay/registry-store/runs';
import { liveVersion, versionNumber } from '@assay/registry-store/version-row';
import type { FastifyInstance } from 'fastify';
import { type ArtifactScope, send } from './artifact-bytes.ts';
import { proxied } from './artifact-lists.ts';

interface Source {
  readonly url: string;
  readonly field: string;
  /** Where the files of what is asked about lie. */
  readonly uri: (context: Context, input: Input) => Promise<unknown>;
}

/** One file of a run, a version or a logged model by its path in there: what MLflow's pages link to. */
const SOURCES: readonly Source[] = [
  {
    url: '/get-artifact',
    field: 'path',
    uri: async ({ pool }, input) => (await runOf(pool, text(input, 'run_id'))).artifact_uri,
  },
  {
    url: '/model-versions/get-artifact',
    field: 'path',
    uri: async ({ pool }, input) =>
      (await liveVersion(pool, text(input, 'name'), versionNumber(input))).location,
  },
  {
    url: '/ajax-api/2.0/mlflow/logged-models/:id/artifacts/files',
    field: 'artifact_file_path',
    uri: async ({ pool }, input) => (await loggedModelOf(pool, text(input, 'id'))).artifact_uri,
  },
];

export const downloadRoutes = (app: FastifyInstance, { contextOf, artifacts }: ArtifactScope): void => {
  for (const { url, field, uri } of SOURCES) {
    app.get(url, async (request, reply) => {
      const input = { ...(request.query as Input), ...(request.params as Input) };
      const path = safePath(text(input, field));
      const where = String(await uri(contextOf(request, false), input));
      const root = proxied(where);
      if (root === undefined)
        throw new RegistryFault(
          'NOT_IMPLEMENTED',
          `Cannot download from ${JSON.stringify(where)}: only artifacts kept by this registry pass through it`,
        );
      const { digest, size } = await artifacts.find(`${root}/${path}`);
      const name = path.slice(path.lastIndexOf('/') + 1);
      return send(artifacts, request, reply, { digest, size: Number(size), name });
    });
  }
};
