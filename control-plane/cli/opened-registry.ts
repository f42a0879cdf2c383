import { join } from 'node:path';
import { openRegistry } from '@assay/adapters/registry/open-registry';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import { registryOf } from './registry.ts';
import { readEndpoints } from './supervisor/state-folder.ts';

/** The registry of a running Assay, whichever it is, as a role. */
export function openedRegistry(flags: { readonly state: string; readonly as: string }): ModelRegistry {
  const { state, registryKind } = readEndpoints(flags.state);
  const choice = { ...registryOf(flags, flags.as, process.env), kind: registryKind };
  return openRegistry(choice, join(state, 'artifacts'));
}
