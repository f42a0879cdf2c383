import type { Family } from '@assay/domain/families/family';
import type { SnapshotBuilder } from '@assay/domain/ports/snapshot-builder';
import { buildSnapshot } from './build.ts';

export interface ShopSnapshotsDeps {
  /** Folder with the family's real rows; adapters/trainer/extracted.ts makes it on first use. */
  readonly extracted: (family: Family) => Promise<string>;
  readonly nowMs: () => number;
}

/** Snapshots of the sample shop's real rows. */
export const shopSnapshots = ({ extracted, nowMs }: ShopSnapshotsDeps): SnapshotBuilder => ({
  build: async (input) =>
    buildSnapshot({ ...input, extractedDir: await extracted(input.family), nowMs: nowMs() }),
});
