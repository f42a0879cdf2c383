import { getDeletion, listDeletions, requestDeletion } from '@assay/registry-store/artifacts-deletions';
import { RegistryFault } from '@assay/registry-store/faults';
import { type Input, int64 } from '@assay/registry-store/input';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ArtifactScope } from './artifact-bytes.ts';
import { jsonOf } from './artifact-json.ts';

const pathOf = (request: FastifyRequest) => (request.params as { '*': string })['*'];

/** Deletions are jobs with a receipt: names go at once, bytes right after, and the answer says where the receipt will be. */
export const deletionRoutes = (app: FastifyInstance, { contextOf, jobs }: ArtifactScope): void => {
  app.delete('/api/2.0/mlflow-artifacts/artifacts/*', async (request, reply) => {
    const input = { kind: 'artifact', path: pathOf(request) };
    const { id } = await requestDeletion(contextOf(request, true), input);
    jobs.start(String(id));
    // MLflow's clients expect {}; whoever wants the receipt finds it here
    return reply.header('Location', `/api/assay/v1/deletions/${id}`).send({});
  });
  app.post('/api/assay/v1/deletions', async (request, reply) => {
    const deletion = await requestDeletion(contextOf(request, true), await jsonOf(request));
    jobs.start(String(deletion.id));
    return reply.code(202).header('Location', `/api/assay/v1/deletions/${deletion.id}`).send(deletion);
  });
  app.get('/api/assay/v1/deletions/:id', (request) =>
    getDeletion(contextOf(request, false), request.params as Input),
  );
  app.get('/api/assay/v1/deletions', (request) =>
    listDeletions(contextOf(request, false), request.query as Input),
  );
  app.post('/api/assay/v1/sweeps', async (request) => {
    const { caller } = contextOf(request, true);
    if (caller.role !== 'admin' && caller.role !== 'service')
      throw new RegistryFault(
        'PERMISSION_DENIED',
        `Cannot sweep: role "${caller.role}" may not. Ask an admin, or wait for the sweep that runs by itself`,
      );
    const graceMs = int64(await jsonOf(request), 'grace_ms') ?? 86_400_000n;
    return jobs.sweep(Math.max(0, Number(graceMs)), caller);
  });
};
