import { createHash } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EvidenceRecord } from '@assay/proto/gen/events/evidence_record';
import type { DuckDBConnection } from '@duckdb/node-api';
import { writeParquet } from './parquet.ts';
import { scan } from './read.ts';
import { type EvidenceKind, KIND_COLUMNS, type KindRow, kindRow } from './rows.ts';
import { segmentFile, tornFile } from './segments.ts';
import { syncFolder, syncFoldersUpTo } from './sync-folder.ts';

export interface Sealed {
  readonly segment: string;
  readonly rows: number;
  readonly files: number;
  /** Bytes of a torn tail that were cut. */
  readonly cutBytes: number;
}

interface Partition {
  readonly kind: EvidenceKind;
  readonly endpoint: string;
  readonly date: string;
  readonly rows: KindRow[];
}

/** An endpoint's name as one folder name; plain names stay as they are. */
export const endpointFolder = (endpoint: string): string => `endpoint=${encodeURIComponent(endpoint)}`;

/**
 * Turns a closed segment into Parquet files with manifests, then deletes it, which happens only when those are on disk with
 * their names. File names come from the segment's, so doing it twice (a crash between) writes the same rows to the same places.
 * A segment with a torn or damaged tail is kept aside: what could not be read is nobody's to throw away.
 */
export async function sealSegment(
  connection: DuckDBConnection,
  evidenceDir: string,
  segment: string,
): Promise<Sealed> {
  const wal = segmentFile(evidenceDir, segment);
  const bytes = await readFile(wal);
  const { payloads, goodBytes } = scan(bytes);
  const partitions = partition(payloads);
  for (const part of partitions) await writePartition(connection, evidenceDir, segment, part);
  if (goodBytes < bytes.length) await rename(wal, tornFile(evidenceDir, segment));
  else await rm(wal);
  return { segment, rows: payloads.length, files: partitions.length, cutBytes: bytes.length - goodBytes };
}

function partition(payloads: readonly Buffer[]): readonly Partition[] {
  const parts = new Map<string, Partition>();
  for (const payload of payloads) {
    const row = kindRow(EvidenceRecord.decode(payload));
    if (row === undefined) continue;
    const date = new Date(row.atMs).toISOString().slice(0, 10);
    const key = `${row.kind}/${row.endpoint}/${date}`;
    const part = parts.get(key) ?? { kind: row.kind, endpoint: row.endpoint, date, rows: [] };
    parts.set(key, part);
    part.rows.push(row);
  }
  return [...parts.values()];
}

async function writePartition(
  connection: DuckDBConnection,
  evidenceDir: string,
  segment: string,
  { kind, endpoint, date, rows }: Partition,
): Promise<void> {
  const folder = join(evidenceDir, kind, endpointFolder(endpoint), `date=${date}`);
  const manifestFile = join(folder, `${segment}.json`);
  const times = rows.map((r) => r.atMs);
  const facts = {
    rows: rows.length,
    firstMs: times.reduce((a, b) => Math.min(a, b)),
    lastMs: times.reduce((a, b) => Math.max(a, b)),
  };
  if (await isSealed(manifestFile, facts)) return;
  if ((await mkdir(folder, { recursive: true })) !== undefined) syncFoldersUpTo(evidenceDir, folder);
  const file = `${segment}.parquet`;
  const hidden = join(folder, `.${file}.tmp`);
  await writeParquet(
    connection,
    KIND_COLUMNS[kind],
    rows.map((r) => r.row),
    hidden,
  );
  const sha256 = createHash('sha256')
    .update(await readFile(hidden))
    .digest('hex');
  const { rows: count, firstMs, lastMs } = facts;
  const manifest = { file, kind, endpoint, date, rows: count, sha256, firstMs, lastMs, segment };
  await place(hidden, join(folder, file));
  const hiddenManifest = join(folder, `.${segment}.json.tmp`);
  await writeFile(hiddenManifest, `${JSON.stringify(manifest)}\n`);
  await place(hiddenManifest, manifestFile);
}

interface Facts {
  readonly rows: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * Sealed before a crash kept the segment from being deleted? Throws where the files of that name hold other rows (a clock that
 * was set back can give a name again): the segment then stays, rather than be taken for what is there.
 */
async function isSealed(manifestFile: string, facts: Facts): Promise<boolean> {
  if (!(await exists(manifestFile))) return false;
  const there = JSON.parse(await readFile(manifestFile, 'utf8')) as Facts;
  for (const name of ['rows', 'firstMs', 'lastMs'] as const)
    if (there[name] !== facts[name])
      throw new Error(`"${manifestFile}" is of another segment: ${name} ${there[name]}, not ${facts[name]}`);
  return true;
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** On disk first, then under its name, then the name on disk: a name never stands for half a file, nor a manifest for none. */
async function place(hidden: string, file: string): Promise<void> {
  const handle = await open(hidden, 'r+');
  await handle.datasync();
  await handle.close();
  await rename(hidden, file);
  syncFolder(dirname(file));
}
