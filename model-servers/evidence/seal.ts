import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { giveBack } from './parquet/evidence-columns.ts';
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

/** More than that, for the sake of a giant record, is let go with the next segment. */
const KEPT_BYTES = 32 * 2 ** 20;

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
  const bytes = contentOf(wal);
  const { payloads, goodBytes } = scan(bytes);
  const partitions = partition(payloads);
  for (const part of partitions) writePartition(evidenceDir, segment, part);
  if (goodBytes < bytes.length) renameSync(wal, tornFile(evidenceDir, segment));
  else rmSync(wal);
  return { segment, rows: payloads.length, files: partitions.length, cutBytes: bytes.length - goodBytes };
}

let kept = Buffer.alloc(0);

/** Good until the next call: one piece of memory is used again and again. */
function contentOf(file: string): Buffer {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    if (size > kept.length || kept.length > KEPT_BYTES) kept = Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (let read = -1; at < size && read !== 0; at += read) read = readSync(fd, kept, at, size - at, at);
    return kept.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}

function writePartition(evidenceDir: string, segment: string, part: Partition): void {
  const { kind, endpoint, date, rows, firstMs, lastMs, columns } = part;
  const folder = join(evidenceDir, kind, endpointFolder(endpoint), `date=${date}`);
  const manifestFile = join(folder, `${segment}.json`);
  if (isSealed(manifestFile, part)) return;
  if (mkdirSync(folder, { recursive: true }) !== undefined) syncFoldersUpTo(evidenceDir, folder);
  const file = `${segment}.parquet`;
  const content = parquetFile(columns, rows);
  const hash = createHash('sha256');
  for (const bytes of content) hash.update(bytes);
  const sha256 = hash.digest('hex');
  const manifest = { file, kind, endpoint, date, rows, sha256, firstMs, lastMs, segment };
  place(join(folder, `.${file}.tmp`), join(folder, file), content);
  place(join(folder, `.${segment}.json.tmp`), manifestFile, [Buffer.from(`${JSON.stringify(manifest)}\n`)]);
  giveBack(kind, columns);
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
function place(hidden: string, file: string, content: readonly Buffer[]): void {
  const fd = openSync(hidden, 'w');
  try {
    for (const bytes of content) writeFileSync(fd, bytes);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(hidden, file);
  syncFolder(dirname(file));
}
