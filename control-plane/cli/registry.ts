import { mlflowServer, serverUrl } from '@assay/domain/registry-choice';
import type { RegistryOptions } from '@assay/registry-client/http';
import type { Command } from 'commander';
import { readEndpoints } from './supervisor/state-folder.ts';

export interface RegistryFlags {
  readonly state: string;
  readonly registry?: string;
}

/** Options of every verb that talks to the registry itself. */
export const withRegistry = (command: Command): Command =>
  command
    .option('--state <dir>', 'state folder of the running Assay', '.assay')
    .option(
      '--registry <url>',
      'an Assay registry that runs elsewhere; its token comes from ASSAY_TOKEN (default: that of --state)',
    );

/** Assay's registry as a role: the one of the state folder, or another with ASSAY_TOKEN. */
export function registryOf(flags: RegistryFlags, role: string, env: NodeJS.ProcessEnv): RegistryOptions {
  if (flags.registry !== undefined)
    return { baseUrl: serverUrl(flags.registry, '--registry'), token: env.ASSAY_TOKEN || undefined };
  const { registry, registryKind, tokens } = readEndpoints(flags.state);
  if (registryKind === 'mlflow') return mlflowServer(registry, env);
  return { baseUrl: registry, token: tokens[role] };
}
