import { AUTONOMY } from '@assay/domain/autonomy';
import { PROFILES, type ProfileName } from '@assay/domain/delivery-profile';
import { familySpec } from '@assay/domain/families/all';
import { FAMILY_NAMES } from '@assay/domain/families/family';
import { parsePolicy } from '@assay/domain/policy';
import { asJson } from '@assay/domain/release-steps';
import { assertMay } from '@assay/domain/roles';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { endpointView, endpointViews } from '../read-models/endpoint-view.ts';
import { setAutonomy } from '../use-cases/set-autonomy.ts';
import { said } from '../use-cases/statement.ts';
import { type Api, name, text } from './context.ts';

const PROFILE_NAMES = Object.keys(PROFILES) as [ProfileName, ...ProfileName[]];
const BODY = z.strictObject({
  name,
  family: z.enum(FAMILY_NAMES),
  owner: text,
  policy: z.unknown().optional(),
  autonomy: z.enum(AUTONOMY).default('propose'),
  profile: z.enum(PROFILE_NAMES).default('standard'),
});

const AUTONOMY_BODY = z.strictObject({ autonomy: z.enum(AUTONOMY), reason: text });

export function endpointRoutes(api: Api, deps: Deps): void {
  const { store, servers } = deps;
  api.get('/endpoints', () => endpointViews(deps));
  api.get('/servers', () => servers.servers());
  api.get('/endpoints/:name', { schema: { params: z.object({ name }) } }, ({ params }) =>
    endpointView(deps, params.name),
  );
  api.post('/endpoints', { schema: { body: BODY } }, async ({ body, identity }, reply) => {
    assertMay(identity, 'endpoint.configure');
    const policy =
      body.policy === undefined ? familySpec(body.family).policy : parsePolicy(body.policy, body.family);
    const endpoint = { ...body, policy };
    await store.createEndpoint(
      endpoint,
      said(identity, `endpoint/${body.name}`, 'endpoint.created', `owned by ${body.owner}`, asJson(endpoint)),
    );
    reply.code(201);
    return endpointView(deps, body.name);
  });
  api.post(
    '/endpoints/:name/autonomy',
    { schema: { params: z.object({ name }), body: AUTONOMY_BODY } },
    async ({ params, body, identity }) => {
      assertMay(identity, 'endpoint.configure');
      await setAutonomy(deps, identity, { endpoint: params.name, ...body });
      return endpointView(deps, params.name);
    },
  );
}
