import { AssayError } from '@assay/domain/errors';
import { lineageOf } from '@assay/domain/lineage';
import { mlBomOf } from '@assay/domain/ml-bom';
import { cardMarkdown } from '@assay/domain/model-card-markdown';
import type { AliasHistoryView, ModelView } from '@assay/domain/read-models';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { asOf, instant } from '../read-models/as-of.ts';
import { bomFacts } from '../read-models/bom.ts';
import { lineageFacts } from '../read-models/lineage.ts';
import { modelVersionView } from '../read-models/model-version-view.ts';
import { openLineageEvents } from '../read-models/open-lineage.ts';
import { versionComparison } from '../read-models/version-comparison.ts';
import { releaseFromQuarantine } from '../use-cases/release-from-quarantine.ts';
import { type Api, text, versionRef } from './context.ts';

/** MLflow's names hold more than ours do: anything but "/" and ":". */
const modelName = z.string().min(1).max(256);
const version = z.string().regex(/^\d{1,9}$/, 'must be a version number');
/** Aliases move some times a day at most; the as-of query reaches further back. */
const MOST_CHANGES = 200;
const ONE = z.object({ name: modelName, version });

export function modelRoutes(api: Api, deps: Deps): void {
  const { store } = deps;
  api.get('/models', async (): Promise<readonly ModelView[]> => {
    const byModel = Map.groupBy(await store.versions(), (v) => v.model);
    return [...byModel].map(([model, versions]) => ({ name: model, versions }));
  });
  api.get(
    '/models/:name',
    { schema: { params: z.object({ name: modelName }) } },
    async ({ params }): Promise<ModelView> => {
      const versions = await store.versions(params.name);
      if (versions.length === 0) throw new AssayError('NOT_FOUND', `Cannot find model "${params.name}"`);
      return { name: params.name, versions };
    },
  );
  api.get(
    '/models/:name/as-of',
    { schema: { params: z.object({ name: modelName }), querystring: z.strictObject({ at: z.string() }) } },
    ({ params, query }) => asOf(deps, params.name, instant(query.at, Date.now())),
  );
  api.get(
    '/models/:name/aliases/history',
    { schema: { params: z.object({ name: modelName }) } },
    async ({ params }): Promise<AliasHistoryView> => ({
      model: params.name,
      isKept: deps.ledger?.keepsHistory ?? false,
      changes: (await deps.ledger?.changesOf(params.name, MOST_CHANGES)) ?? [],
    }),
  );
  api.get(
    '/models/:name/compare',
    {
      schema: {
        params: z.object({ name: modelName }),
        querystring: z.strictObject({ version, other: version }),
      },
    },
    ({ params, query }) => versionComparison(deps, params.name, query.version, query.other),
  );
  api.get('/models/:name/:version', { schema: { params: ONE } }, ({ params }) =>
    modelVersionView(deps, params.name, params.version),
  );
  api.get('/models/:name/:version/card.md', { schema: { params: ONE } }, async ({ params }, reply) => {
    const { card } = await modelVersionView(deps, params.name, params.version);
    return reply.type('text/markdown; charset=utf-8').send(cardMarkdown(card));
  });
  api.get('/models/:name/:version/bom.json', { schema: { params: ONE } }, async ({ params }, reply) =>
    reply
      .type('application/vnd.cyclonedx+json; version=1.6')
      .send(`${mlBomOf(await bomFacts(deps, params.name, params.version))}\n`),
  );
  api.post(
    '/models/:model/versions/:version/release-from-quarantine',
    { schema: { params: versionRef, body: z.strictObject({ reason: text }) } },
    ({ params, body, identity }) => releaseFromQuarantine(deps, identity, params, body.reason),
  );
  api.get(
    '/models/:name/:version/lineage',
    {
      schema: {
        params: ONE,
        querystring: z.strictObject({ format: z.enum(['graph', 'openlineage']).default('graph') }),
      },
    },
    async ({ params, query }) => {
      const facts = await lineageFacts(deps, params.name, params.version);
      return query.format === 'graph' ? lineageOf(facts) : openLineageEvents(facts);
    },
  );
}
