import { PostgresControlStore } from '@assay/adapters/postgres/control-store';
import { Notifications } from '@assay/adapters/postgres/notifications';
import { TemporalWorkflows } from '@assay/adapters/temporal/workflows';
import { freePort } from '@assay/cli/supervisor/free-port';
import { buildApp } from '@assay/control-plane-server/app';
import { EventFeed } from '@assay/control-plane-server/event-feed';
import { Identities } from '@assay/control-plane-server/identities';
import { LiveServers } from '@assay/control-plane-server/read-models/live-servers';
import { RouteDistribution } from '@assay/control-plane-server/route-distribution';
import type { AuditStatement } from '@assay/domain/audit';
import type { Change } from '@assay/domain/ports/control-store';
import type { Role } from '@assay/domain/roles';
import { startTestPostgres } from '../plane/postgres.ts';

export const SHOP = {
  name: 'shop',
  family: 'ranking',
  owner: 'team',
  policy: { rules: [] },
  autonomy: 'propose',
  profile: 'demo',
} as const;

export const said = (decision: string): AuditStatement => ({
  decision,
  event: 'test',
  actor: { kind: 'person', id: 'ada' },
  reason: 'test',
  evidence: {},
});

const ROLES: Role[] = ['data-scientist', 'product-owner', 'auditor', 'admin', 'service', 'serving-client'];
/** Events that the feed reads at once: few, so that a test can miss more than a page. */
const PAGE = 3;

/** The control plane over a real PostgreSQL, Temporal away; an endpoint "shop" with champion m/1 and a version m/2. */
export async function startApi() {
  const stack = new AsyncDisposableStack();
  const postgres = stack.use(await startTestPostgres());
  const store = stack.use(await PostgresControlStore.connect(postgres.url));
  const identities = new Identities(
    new Map(ROLES.map((role) => [`t-${role}`, { subject: role, role }])),
    'required',
  );
  const workflows = stack.use(new TemporalWorkflows(`127.0.0.1:${await freePort()}`));
  const servers = new LiveServers(Date.now);
  const feed = new EventFeed(store, PAGE);
  const deps = { store, workflows, registry: undefined, identities, servers, feed, uiDir: undefined };
  const app = await buildApp(deps, 'silent');
  stack.defer(() => app.close());
  const routes = stack.use(new RouteDistribution(deps, Date.now));
  stack.use(
    new Notifications(postgres.url, async () => {
      await Promise.all([routes.refresh(), feed.read()]);
    }),
  );

  const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, role: Role | null, body?: object) => {
    const reply = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { host: '127.0.0.1', ...(role && { authorization: `Bearer t-${role}` }) },
      ...(body && { payload: body }),
    });
    return { status: reply.statusCode, body: reply.json(), type: reply.headers['content-type'] };
  };
  const commit = (key: string, decision: string, changes: readonly Change[]) =>
    store.commit({ key, statement: said(decision), changes, by: 'automation' });

  await store.createEndpoint(SHOP, said('shop'));
  for (const version of ['1', '2'])
    await store.trackVersion(
      { model: 'm', version, family: 'ranking', createdBy: 'data-scientist', digest: 'd' },
      said('m'),
    );
  await commit('champion', 'shop', [
    { kind: 'stage', model: 'm', version: '1', stage: 'validated' },
    { kind: 'stage', model: 'm', version: '1', stage: 'champion' },
    { kind: 'first-route', endpoint: 'shop', version: { model: 'm', version: '1', path: '1.onnx' } },
  ]);
  return { store, app, routes, call, commit, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

export type TestApi = Awaited<ReturnType<typeof startApi>>;
