import { AssayError } from '@assay/domain/errors';
import { FAMILY_NAMES } from '@assay/domain/families/family';
import { assertMay } from '@assay/domain/roles';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { type Api, name, text } from './context.ts';

const SEED = z.number().int().min(0);
const TRAINING = z.strictObject({
  id: name,
  family: z.enum(FAMILY_NAMES),
  model: name,
  recipe: name,
  seed: SEED,
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sample') }),
    z.strictObject({
      kind: z.literal('evidence'),
      endpoint: name,
      sinceMs: z.number().int(),
      lastRows: z.number().int().min(1),
    }),
  ]),
  requestedBy: text.optional(),
});

/** The work that is done for models: trainings and monitors. */
export function workRoutes(api: Api, { store, workflows }: Deps): void {
  const endpoint = z.object({ endpoint: name });
  api.post('/trainings', { schema: { body: TRAINING } }, async ({ body, identity }, reply) => {
    assertMay(identity, 'model.train');
    // Four eyes rests on who asked: nobody names another as the author, so as to approve their own model
    if (body.requestedBy !== undefined && body.requestedBy !== identity.subject)
      assertMay(identity, 'model.train-for-others');
    await workflows.startTraining({ ...body, requestedBy: body.requestedBy ?? identity.subject });
    reply.code(202);
    return workflows.training(body.id);
  });
  api.get('/trainings/:id', { schema: { params: z.object({ id: name }) } }, ({ params }) =>
    workflows.training(params.id),
  );
  api.post(
    '/monitors/:endpoint',
    { schema: { params: endpoint, body: z.strictObject({ recipe: name, seed: SEED }) } },
    async ({ params, body, identity }, reply) => {
      assertMay(identity, 'endpoint.configure');
      const { family, profile, route } = await store.endpoint(params.endpoint);
      if (route === undefined)
        throw new AssayError(
          'TRANSITION_REFUSED',
          `Cannot monitor "${params.endpoint}": it has no champion yet`,
        );
      const model = route.champion.model;
      await workflows.startMonitor({ endpoint: params.endpoint, family, model, profile, ...body });
      reply.code(202);
      return { endpoint: params.endpoint };
    },
  );
  api.delete('/monitors/:endpoint', { schema: { params: endpoint } }, async ({ params, identity }, reply) => {
    assertMay(identity, 'endpoint.configure');
    await workflows.stopMonitor(params.endpoint, {
      subject: identity.subject,
      reason: 'asked through the API',
    });
    return reply.code(204).send();
  });
}
