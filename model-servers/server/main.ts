import cluster from 'node:cluster';
import { renameSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { readConfig } from './config.ts';
import { tellReady } from './processes/worker.ts';
import { startServer } from './start.ts';

/** Whole or not there: others wait for it. */
function writeReady(file: string, address: { readonly grpc: string; readonly http: string }): void {
  writeFileSync(`${file}.new`, JSON.stringify(address));
  renameSync(`${file}.new`, file);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ name: 'model-server', base: { server: config.serverId } });
  const stopped = Promise.withResolvers<void>();
  // For good: a second signal must not cut the draining short
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped.resolve());
  const { grpc, http, close } = await startServer(config, log);
  if (config.readyFile !== undefined) writeReady(config.readyFile, { grpc, http });
  if (cluster.isWorker) tellReady(grpc, http);
  log.info({ grpc, http, processes: config.processes }, 'model server is up');
  await stopped.promise;
  log.info('draining');
  await close();
  log.info('drained');
  if (cluster.isWorker) process.disconnect();
}

await main();
