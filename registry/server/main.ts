import { rename, writeFile } from 'node:fs/promises';
import { readSigners } from '@assay/registry-integrity/signing/trusted-signers';
import { ArtifactStore } from '@assay/registry-store/artifacts';
import { openRegistryDatabase } from '@assay/registry-store/database';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { openArtifacts } from './artifact-config.ts';
import { readConfig } from './config.ts';
import { startModelChecks } from './model-checks.ts';

const logger = pino({ name: 'registry' });
const config = readConfig(process.env);
const signers = await readSigners(config.signingPolicy);
const pool = await openRegistryDatabase(config.databaseUrl);
pool.on('error', (err) =>
  logger.warn({ err }, 'an idle database connection was lost; the next request opens another'),
);
const { blobs, staging } = await openArtifacts(config.artifacts);
const artifacts = new ArtifactStore(blobs, staging, pool);
const app = buildApp(config, pool, artifacts, logger);
const url = await app.listen({ host: config.host, port: config.port });
logger.info({ url, auth: config.auth, artifacts: blobs.location }, 'registry listens');

const checks = startModelChecks({ pool, artifacts, logger, signers });

const stop = async (): Promise<void> => {
  await app.close();
  await checks[Symbol.asyncDispose]();
  await pool.end();
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    stop().catch((err: unknown) => logger.error({ err }, 'registry did not stop cleanly'));
  });
}
if (config.readyFile !== undefined) {
  await writeFile(`${config.readyFile}.tmp`, JSON.stringify({ url }));
  await rename(`${config.readyFile}.tmp`, config.readyFile);
}
