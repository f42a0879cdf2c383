import { RegistryFault } from '@assay/registry-store/faults';
import type { FastifyInstance } from 'fastify';

/** Calls that a client makes only where it may, and does without after a 501; every other unknown call is a 404. */
const NOT_SERVED = [
  ['GET', '/api/2.0/mlflow-artifacts/presigned/*'],
  ['POST', '/api/2.0/mlflow/artifacts/presigned-upload-url'],
  ['POST', '/api/2.0/mlflow/artifacts/presigned-download-url'],
] as const;

export const notServedRoutes = (app: FastifyInstance): void => {
  for (const [method, url] of NOT_SERVED)
    app.route({
      method,
      url,
      handler: () => {
        throw new RegistryFault(
          'NOT_IMPLEMENTED',
          'Presigned links are not served: artifacts pass through this server, which verifies them. Use GET and PUT',
        );
      },
    });
};
