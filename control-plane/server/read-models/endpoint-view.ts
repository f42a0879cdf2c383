import type { Endpoint, MonitorStatus } from '@assay/domain/ports/control-store';
import type { EndpointView } from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import type { Deps } from '../deps.ts';
import type { LiveServers } from './live-servers.ts';

export async function endpointViews({ store, servers }: Deps): Promise<readonly EndpointView[]> {
  const [endpoints, open, monitors] = await Promise.all([
    store.endpoints(),
    store.releases({ open: true }),
    store.monitors(),
  ]);
  return endpoints.map((e) =>
    viewOf(e, open.find((r) => r.endpoint === e.name) ?? null, monitors.get(e.name) ?? null, servers),
  );
}

/** Throws NOT_FOUND. */
export async function endpointView({ store, servers }: Deps, name: string): Promise<EndpointView> {
  const endpoint = await store.endpoint(name);
  const [open, monitors] = await Promise.all([
    store.releases({ endpoint: name, open: true }),
    store.monitors(),
  ]);
  return viewOf(endpoint, open[0] ?? null, monitors.get(name) ?? null, servers);
}

function viewOf(
  e: Endpoint,
  openRelease: Release | null,
  monitor: MonitorStatus | null,
  servers: LiveServers,
): EndpointView {
  const health =
    e.route === undefined ? 'no-champion' : servers.servers().length === 0 ? 'no-server' : 'serving';
  return {
    name: e.name,
    family: e.family,
    owner: e.owner,
    autonomy: e.autonomy,
    profile: e.profile,
    health,
    route: e.route ?? null,
    traffic: servers.traffic(e.name),
    openRelease,
    monitor,
  };
}
