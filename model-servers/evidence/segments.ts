import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folder of the write-ahead segments inside an evidence folder. */
export const walFolder = (evidenceDir: string): string => join(evidenceDir, 'wal');

const SUFFIX = '.wal';

/** `<server>-<sequence>`: also the base name of the Parquet files made of it. */
export const segmentName = (server: string, sequence: number): string =>
  `${server}-${String(sequence).padStart(15, '0')}`;

export const segmentFile = (evidenceDir: string, name: string): string =>
  join(walFolder(evidenceDir), `${name}${SUFFIX}`);

/** Names of the segments that lie there, of one server or of all, oldest first. */
export async function listSegments(evidenceDir: string, server?: string): Promise<readonly string[]> {
  const files = await readdir(walFolder(evidenceDir)).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
  return files
    .filter((f) => f.endsWith(SUFFIX))
    .map((f) => f.slice(0, -SUFFIX.length))
    .filter((name) => server === undefined || name.slice(0, name.lastIndexOf('-')) === server)
    .sort();
}

/** Where a segment with a torn or damaged tail lies after its whole records were sealed. */
export const tornFile = (evidenceDir: string, name: string): string =>
  join(walFolder(evidenceDir), `${name}.torn`);
