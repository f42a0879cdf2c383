import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parquetFile } from './parquet/file.ts';
import { type Partition, partition } from './partition.ts';
import { scan } from './read.ts';
import { segmentFile, tornFile } from './segments.ts';
import { syncFolder, syncFoldersUpTo } from './sync-folder.ts';

export interface Sealed {
  readonly segment: string;
  readonly rows: number;
  readonly files: number;
  /** Bytes of a torn tail that were cut. */
  readonly cutBytes: number;
}

/** An endpoint's name as one folder name; plain names stay as they are. */
export const endpointFolder = (endpoint: string): string => `endpoint=${encodeURIComponent(endpoint)}`;

/**
 * Turns a closed segment into Parquet files with manifests, then deletes it, which happens only when those are on disk with
 * their names. File names come from the segment's, so doing it twice (a crash between) writes the same rows to the same places.
 * A segment with a torn or damaged tail is kept aside: what could not be read is nobody's to throw away.
 * Blocks its thread, which is the sealer's own.
 */
export function sealSegment(evidenceDir: string, segment: string): Sealed {
  const wal = segmentFile(evidenceDir, segment);
  const bytes = readFileSync(wal);
  const { payloads, goodBytes } = scan(bytes);
  const partitions = partition(payloads);
  for (const part of partitions) writePartition(evidenceDir, segment, part);
  if (goodBytes < bytes.length) renameSync(wal, tornFile(evidenceDir, segment));
  else rmSync(wal);
  return { segment, rows: payloads.length, files: partitions.length, cutBytes: bytes.length - goodBytes };
}

function writePartition(evidenceDir: string, segment: string, part: Partition): void {
  const { kind, endpoint, date, rows, firstMs, lastMs, columns } = part;
  const folder = join(evidenceDir, kind, endpointFolder(endpoint), `date=${date}`);
  const manifestFile = join(folder, `${segment}.json`);
  if (isSealed(manifestFile, part)) return;
  if (mkdirSync(folder, { recursive: true }) !== undefined) syncFoldersUpTo(evidenceDir, folder);
  const file = `${segment}.parquet`;
  const content = parquetFile(columns, rows);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const manifest = { file, kind, endpoint, date, rows, sha256, firstMs, lastMs, segment };
  place(join(folder, `.${file}.tmp`), join(folder, file), content);
  place(join(folder, `.${segment}.json.tmp`), manifestFile, `${JSON.stringify(manifest)}\n`);
}

type Facts = Pick<Partition, 'rows' | 'firstMs' | 'lastMs'>;

/**
 * Sealed before a crash kept the segment from being deleted? Throws where the files of that name hold other rows (a clock that
 * was set back can give a name again): the segment then stays, rather than be taken for what is there.
 */
function isSealed(manifestFile: string, facts: Facts): boolean {
  if (!existsSync(manifestFile)) return false;
  const there = JSON.parse(readFileSync(manifestFile, 'utf8')) as Facts;
  for (const name of ['rows', 'firstMs', 'lastMs'] as const)
    if (there[name] !== facts[name])
      throw new Error(`"${manifestFile}" is of another segment: ${name} ${there[name]}, not ${facts[name]}`);
  return true;
}

/** On disk first, then under its name, then the name on disk: a name never stands for half a file, nor a manifest for none. */
function place(hidden: string, file: string, content: Buffer | string): void {
  const fd = openSync(hidden, 'w');
  try {
    writeFileSync(fd, content);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(hidden, file);
  syncFolder(dirname(file));
}
