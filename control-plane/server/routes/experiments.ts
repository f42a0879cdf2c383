import { ANALYSES, type ExperimentPlan } from '@assay/domain/experiment';
import type { ExperimentView } from '@assay/domain/read-models';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import * as use from '../use-cases/run-experiment.ts';
import { type Api, name, text } from './context.ts';

const METRIC = z.strictObject({
  name,
  label: text,
  unit: text,
  better: z.enum(['higher', 'lower']),
  nonInferiorityMargin: z.number().min(0),
  tolerance: z.number().min(0).exactOptional(),
});
const COUNT = z.number().int().min(0);
const PLAN = z.strictObject({
  id: name,
  endpoint: name,
  owner: z.string(),
  hypothesis: z.string(),
  unit: text,
  analysis: z.enum(ANALYSES),
  arms: z.array(
    z.strictObject({
      name,
      weight: z.number().min(0).max(1),
      model: name.exactOptional(),
      version: name.exactOptional(),
    }),
  ),
  treatedUnits: z.array(text).exactOptional(),
  layer: z.strictObject({ id: name, from: z.number().min(0).max(1), to: z.number().min(0).max(1) }),
  northStar: METRIC,
  guardrails: z.array(METRIC),
  alpha: z.number(),
  power: z.number().gt(0).lt(1),
  smallestEffect: z.number().gt(0),
  stop: z.strictObject({
    minUnitsPerArm: COUNT,
    minDurationMs: COUNT,
    timeoutMs: COUNT,
    lookEveryMs: COUNT.min(100),
    prePeriods: COUNT,
    postPeriods: COUNT,
  }),
});

export function experimentRoutes(api: Api, deps: Deps): void {
  const { store } = deps;
  const params = z.object({ id: name });
  const view = async (id: string): Promise<ExperimentView> => ({
    ...(await store.experiment(id)),
    record: await store.auditOf(id),
  });
  api.get('/experiments', () => store.experiments());
  api.get('/experiments/:id', { schema: { params } }, ({ params: { id } }) => view(id));
  api.post('/experiments', { schema: { body: PLAN } }, ({ body, identity }, reply) => {
    reply.code(201);
    const plan: ExperimentPlan = body;
    return use.draftExperiment(deps, identity, plan);
  });
  api.post('/experiments/:id/register', { schema: { params } }, ({ params: { id }, identity }) =>
    use.registerExperiment(deps, identity, id),
  );
  api.post('/experiments/:id/start', { schema: { params } }, ({ params: { id }, identity }) =>
    use.startExperiment(deps, identity, id),
  );
  api.post(
    '/experiments/:id/stop',
    { schema: { params, body: z.strictObject({ reason: text }) } },
    ({ params: { id }, body, identity }) => use.stopExperiment(deps, identity, id, body.reason),
  );
}
