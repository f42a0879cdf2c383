import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { PostgresControlStore } from '@assay/adapters/postgres/control-store';
import { Notifications } from '@assay/adapters/postgres/notifications';
import { PostgresRegistryLedger } from '@assay/adapters/postgres/registry-ledger';
import { httpRegistryReader } from '@assay/adapters/registry/http-registry-reader';
import { noLedger } from '@assay/adapters/registry/no-ledger';
import { openRegistry } from '@assay/adapters/registry/open-registry';
import { TemporalWorkflows } from '@assay/adapters/temporal/workflows';
import { buildApp } from './app.ts';
import { readConfig } from './config.ts';
import { EventFeed } from './event-feed.ts';
import { Identities } from './identities.ts';
import { LiveServers } from './read-models/live-servers.ts';
import { RegistryWatch } from './registry-watch/registry-watch.ts';
import { RouteDistribution } from './route-distribution.ts';

/** Besides the notifications, which a broken connection may lose. */
const REFRESH_MS = 2_000;

const config = readConfig(process.env);
await using store = await PostgresControlStore.connect(config.databaseUrl);
await using workflows = new TemporalWorkflows(config.temporalAddress);
const identities = new Identities(config.tokens, config.auth);
const servers = new LiveServers(Date.now);
const feed = new EventFeed(store);
const registry = openRegistry(config.registry, config.artifactsDir);
await using ownLedger = new PostgresRegistryLedger(config.databaseUrl);
const ledger = config.registry.kind === 'assay' ? ownLedger : noLedger;
const reader = httpRegistryReader(config.registry);
const deps = { store, ledger, workflows, registry, reader, identities, servers, feed, uiDir: config.uiDir };
await using routes = new RouteDistribution(deps, Date.now);
const app = await buildApp(deps);

const warn = (what: string) => (error: unknown) => app.log.warn({ err: error }, what);
const refresh = async (): Promise<void> => {
  await Promise.all([routes.refresh(), feed.read()]).catch(warn('refresh'));
};
await routes.refresh();
const watch = new RegistryWatch({ ...deps, nowMs: Date.now });
await using _notifications = new Notifications(config.databaseUrl, async () => {
  await Promise.all([refresh(), watch.look().catch(warn('registry watch'))]);
});
const timer = setInterval(() => {
  void refresh();
  watch.compare().catch(warn('registry watch'));
  feed.tell({ kind: 'traffic', decision: null, event: 'traffic.sampled', atMs: Date.now() });
}, REFRESH_MS);

const grpcPort = await routes.listen(`${config.host}:${config.grpcPort}`);
await app.listen({ host: config.host, port: config.httpPort });
const address = app.server.address();
if (config.readyFile !== undefined) {
  const ready = {
    http: `http://${config.host}:${typeof address === 'object' ? address?.port : config.httpPort}`,
    grpc: `${config.host}:${grpcPort}`,
  };
  writeFileSync(`${config.readyFile}.new`, JSON.stringify(ready));
  renameSync(`${config.readyFile}.new`, config.readyFile);
}
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
clearInterval(timer);
await app.close();
