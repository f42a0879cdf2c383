import { APPROVAL_POINTS } from '@assay/domain/autonomy';
import { PROFILES, type ProfileName } from '@assay/domain/delivery-profile';
import type { ReleaseView } from '@assay/domain/read-models';
import { hasEnded, releaseId } from '@assay/domain/release';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { abortRelease, approveRelease } from '../use-cases/decide-release.ts';
import { requestRelease } from '../use-cases/request-release.ts';
import { type Api, name, text, versionRef } from './context.ts';

const PROFILE_NAMES = Object.keys(PROFILES) as [ProfileName, ...ProfileName[]];
const BODY = z.strictObject({
  model: name,
  version: name,
  endpoint: name.optional(),
  profile: z.enum(PROFILE_NAMES).optional(),
  snapshotDir: z
    .string()
    .min(1)
    .refine(
      (dir) => !dir.startsWith('/') && !dir.split('/').includes('..'),
      'must stay inside the state folder',
    ),
});
const QUERY = z.strictObject({ endpoint: name.optional(), open: z.enum(['true', 'false']).optional() });

export function releaseRoutes(api: Api, deps: Deps): void {
  const { store, workflows } = deps;
  api.get('/releases', { schema: { querystring: QUERY } }, ({ query: { endpoint, open } }) =>
    store.releases({ ...(endpoint && { endpoint }), ...(open && { open: open === 'true' }) }),
  );
  api.get(
    '/releases/:model/:version',
    { schema: { params: versionRef } },
    async ({ params }): Promise<ReleaseView> => {
      const release = await store.release(releaseId(params.model, params.version));
      const [record, why] = await Promise.all([
        store.auditOf(release.id),
        hasEnded(release.state) ? null : workflows.why(release.id),
      ]);
      return { release, why, record };
    },
  );
  api.post('/releases', { schema: { body: BODY } }, async ({ body, identity }, reply) => {
    reply.code(202);
    return requestRelease(deps, identity, body);
  });
  api.post(
    '/releases/:model/:version/approve',
    {
      schema: {
        params: versionRef,
        body: z.strictObject({ point: z.enum(APPROVAL_POINTS), comment: z.string().max(2_000).default('') }),
      },
    },
    ({ params, body, identity }) => approveRelease(deps, identity, params, body),
  );
  api.post(
    '/releases/:model/:version/abort',
    { schema: { params: versionRef, body: z.strictObject({ reason: text }) } },
    ({ params, body, identity }) => abortRelease(deps, identity, params, body.reason),
  );
}
