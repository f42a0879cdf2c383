import type { Family } from '../families/family.ts';
import type { Snapshot } from '../trainer.ts';

/** Makes data snapshots of the trainer contract; adapters: the sample shop's real rows. */
export interface SnapshotBuilder {
  /** A folder that is there and whole is answered as it is. Throws SNAPSHOT_INVALID. */
  build(input: {
    family: Family;
    outDir: string;
    seed: number;
    source:
      | { readonly kind: 'sample' }
      | { readonly kind: 'real-log' }
      | { readonly kind: 'evidence'; readonly file: string };
  }): Promise<Snapshot>;
}
