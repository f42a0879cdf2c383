import { prng } from '@assay/domain/prng';
import type { PoolRow } from '../pool-row.ts';
import type { VisionRow } from '../response/vision.ts';

/** What happens to the input: a new scanner with weak ink and grey paper. */
export type DriftKind = 'new-scanner';

const SCANNER = { ink: 0.45, paper: 4, noise: 1.2, full: 16 } as const;

/** The same image as the new scanner sees it; noise is fixed by the row's key, so that a replay is equal. */
export function driftedPixels(pixels: readonly number[], key: string): number[] {
  const rng = prng(`scanner/${key}`);
  return pixels.map((ink) =>
    Math.min(SCANNER.full, Math.max(0, SCANNER.paper + SCANNER.ink * ink + SCANNER.noise * rng.normal())),
  );
}

/** A row of the vision pool after the drift; its truth stays. */
export function drifted(poolRow: PoolRow<VisionRow>, _kind: DriftKind): PoolRow<VisionRow> {
  const pixels = driftedPixels(poolRow.row.pixels, poolRow.key);
  return {
    ...poolRow,
    inputs: poolRow.inputs.map((i) => (i.name === 'image' ? { ...i, data: pixels } : i)),
    row: { ...poolRow.row, pixels },
  };
}
