import type { Context } from '@assay/registry-store/context';
import { RegistryFault } from '@assay/registry-store/faults';
import { finishImport, knownImports } from '@assay/registry-store/import-ledger';
import { importAlias, importRegisteredModel, importVersion } from '@assay/registry-store/import-models';
import {
  importExperiment,
  importLoggedModel,
  importMetrics,
  importRun,
  importScores,
} from '@assay/registry-store/import-tracking';
import { type Input, text } from '@assay/registry-store/input';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Operation } from './routes.ts';

const PROXY = 'mlflow-artifacts:/';

/** Stored files under a root with their digests, so that a copy can be compared without reading it back. */
const storedFiles: Operation = async ({ artifacts }: Context, input: Input) => {
  const root = text(input, 'root').replace(PROXY, '').replace(/^\/+/, '');
  const found = await artifacts.tree(root);
  return {
    files: found.map((f) => ({
      path: f.path.slice(root.length + 1),
      digest: f.digest,
      sizeBytes: Number(f.size),
    })),
  };
};

const IMPORTS: Readonly<Record<string, Operation>> = {
  known: knownImports,
  experiment: importExperiment,
  'logged-model': importLoggedModel,
  run: importRun,
  metrics: importMetrics,
  scores: importScores,
  'registered-model': importRegisteredModel,
  'model-version': importVersion,
  alias: importAlias,
  finished: finishImport,
};

/** An import sets ids, times and numbers that a client never may. */
const requireImporter = ({ caller }: Context): void => {
  if (caller.role === 'admin' || caller.role === 'service') return;
  throw new RegistryFault(
    'PERMISSION_DENIED',
    `Cannot import: role "${caller.role}" may not write ids and times of other servers. Ask an admin`,
  );
};

export const importRoutes =
  (contextOf: (request: FastifyRequest, writes: boolean) => Context) =>
  async (app: FastifyInstance): Promise<void> => {
    for (const [name, operation] of Object.entries(IMPORTS)) {
      app.post(`/api/assay/v1/import/${name}`, (request) => {
        const context = contextOf(request, true);
        requireImporter(context);
        return operation(context, (request.body ?? {}) as Input);
      });
    }
    app.get('/api/assay/v1/artifacts', (request) =>
      storedFiles(contextOf(request, false), request.query as Input),
    );
  };
