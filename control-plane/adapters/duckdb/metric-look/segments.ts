import { join } from 'node:path';
import { listFolder, type ManifestEntry, namesIn, parseManifest } from '../sealed-files.ts';

export const KINDS = ['exposures', 'outcomes'] as const;
export type SegmentKind = (typeof KINDS)[number];

/** A sealed Parquet file of one kind and one hash partition of the unit. */
export interface Segment extends ManifestEntry {
  readonly kind: SegmentKind;
  readonly part: string;
  /** By its manifest. */
  readonly sha256: string;
  readonly rows: number;
}

/** `<dir>/<kind>/part=07/<name>.parquet` with `<name>.json` beside it, in a fixed order. Throws EVIDENCE_UNREADABLE. */
export async function listSegments(dir: string): Promise<readonly Segment[]> {
  const found: Segment[] = [];
  for (const kind of KINDS)
    for (const folder of (await namesIn(join(dir, kind))).filter((n) => n.startsWith('part=')).sort())
      for (const entry of await listFolder(join(dir, kind, folder)))
        found.push({ ...entry, kind, part: folder.slice(5), ...(await parseManifest(entry.manifest)) });
  return found;
}
