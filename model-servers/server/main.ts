import { renameSync, writeFileSync } from 'node:fs';
import { fetchedFiles } from '@assay/registry-client/fetched-files';
import { pino } from 'pino';
import type { FileOf } from '../routing/plan-holder.ts';
import { type ModelServerConfig, readConfig } from './config.ts';
import { type Core, startCore } from './core.ts';
import { followFile } from './stand-alone.ts';
import { followControlPlane } from './streamed.ts';

/** Whole or not there: others wait for it. */
function writeReady(file: string, { grpc, http }: Core): void {
  writeFileSync(`${file}.new`, JSON.stringify({ grpc, http }));
  renameSync(`${file}.new`, file);
}

/** Only a streamed plan names files that a registry keeps. */
const fileOf = ({
  registryUrl,
  serviceToken,
  artifactsDir,
  control,
}: ModelServerConfig): FileOf | undefined =>
  registryUrl === undefined || control === undefined
    ? undefined
    : fetchedFiles({ baseUrl: registryUrl, token: serviceToken }, artifactsDir);

const follow = (core: Core, config: ModelServerConfig): Promise<() => Promise<void>> =>
  config.control === undefined
    ? followFile(core, config.planFile ?? '', config.evidenceDir)
    : followControlPlane(core, config, config.control);

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ name: 'model-server', base: { server: config.serverId } });
  const stopped = Promise.withResolvers<void>();
  // For good: a second signal must not cut the draining short
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped.resolve());
  const core = await startCore({
    ...config,
    fileOf: fileOf(config),
    access: { required: config.authRequired, identities: config.identities },
    log,
  });
  const close = await follow(core, config);
  if (config.readyFile !== undefined) writeReady(config.readyFile, core);
  log.info({ grpc: core.grpc, http: core.http }, 'model server is up');
  await stopped.promise;
  log.info('draining');
  await close();
  log.info('drained');
}

await main();
