import { fetchedFiles } from '@assay/registry-client/fetched-files';
import type { Logger } from 'pino';
import { localSecret } from '../evidence/unit-key.ts';
import type { FileOf } from '../routing/plan-holder.ts';
import type { ModelServerConfig } from './config.ts';
import { type Core, startCore } from './core.ts';
import { followFile } from './follow-file.ts';
import { type Processes as Running, startProcesses } from './processes/primary.ts';
import { followControlPlane } from './streamed.ts';

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

/** A server that answers, or several that share its ports. */
export async function startServer(config: ModelServerConfig, log: Logger): Promise<Running> {
  if (config.processes > 1) {
    // All use the same key: one of them alone must make it
    if (config.control === undefined) localSecret(config.evidenceDir);
    return startProcesses({ ...config, log });
  }
  const core = await startCore({
    ...config,
    fileOf: fileOf(config),
    access: { required: config.authRequired, identities: config.identities },
    log,
  });
  const close = await follow(core, config);
  return { grpc: core.grpc, http: core.http, close };
}
