import type { RegistryLedger } from '@assay/domain/ports/registry-ledger';

/**
 * A registry elsewhere: it takes no requests by alias and keeps no history, so its aliases are asked by its own calls and
 * compared with the lifecycle. Tables of a registry that this database served before are none of its business.
 */
export const noLedger: RegistryLedger = {
  keepsHistory: false,
  waiting: async () => [],
  answer: async () => undefined,
  noteUnexplained: async () => undefined,
  directChanges: async () => [],
  gatedAliases: async () => undefined,
  aliasesAt: async () => [],
  changesOf: async () => [],
  newest: async () => ({ now: undefined, trusted: undefined }),
  putBack: async () => false,
};
