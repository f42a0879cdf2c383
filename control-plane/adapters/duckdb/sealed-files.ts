import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';

export type EvidenceKind = 'predictions' | 'outcomes';

/** A manifest that lies beside a Parquet file: only with it the file counts (control-plane/domain/evidence-schema.ts). */
export interface ManifestEntry {
  readonly manifest: string;
  readonly parquet: string;
}

export interface SealedFile extends ManifestEntry {
  readonly rows: number;
  readonly stamp: string;
}

export const unreadable = (file: string, why: string, cause?: unknown): AssayError =>
  new AssayError('EVIDENCE_UNREADABLE', `Cannot read evidence "${file}": ${why}`, { cause });

const isAbsent = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'ENOENT';

export async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    // Nothing was sealed there yet
    if (isAbsent(cause)) return [];
    throw unreadable(dir, (cause as Error).message, cause);
  }
}

/** All sealed files of an endpoint, from partition `fromDate` (YYYY-MM-DD) on, in a fixed order. */
export async function listSealed(
  evidenceDir: string,
  kind: EvidenceKind,
  endpoint: string,
  fromDate: string,
): Promise<readonly ManifestEntry[]> {
  const root = join(evidenceDir, kind, `endpoint=${encodeURIComponent(endpoint)}`);
  const dates = (await namesIn(root)).filter((d) => d.startsWith('date=') && d.slice(5) >= fromDate).sort();
  const found: ManifestEntry[] = [];
  for (const date of dates) {
    found.push(...(await listFolder(join(root, date))));
  }
  return found;
}

/** The folder's files that have a manifest, in a fixed order. */
export async function listFolder(dir: string): Promise<readonly ManifestEntry[]> {
  const manifests = (await namesIn(dir)).filter((n) => n.endsWith('.json') && !n.startsWith('.')).sort();
  return manifests.map((name) => entryOf(dir, name));
}

const entryOf = (dir: string, name: string): ManifestEntry => ({
  manifest: join(dir, name),
  parquet: join(dir, `${name.slice(0, -'.json'.length)}.parquet`),
});

/** Changes when the manifest is written again, as erasure does. */
export async function stampOf({ manifest }: ManifestEntry): Promise<string> {
  const { mtimeNs, size, ino } = await stat(manifest, { bigint: true });
  return `${mtimeNs}/${size}/${ino}`;
}

/** Holds the Parquet file against its manifest's digest. Throws EVIDENCE_UNREADABLE naming the file. */
export async function verify(entry: ManifestEntry): Promise<SealedFile> {
  const manifest = await parseManifest(entry.manifest);
  // Before the bytes: a rewrite meanwhile shows at the next check
  const stamp = await stampOf(entry);
  const digest = await digestOf(entry.parquet).catch((cause: unknown) => {
    throw unreadable(entry.parquet, (cause as Error).message, cause);
  });
  if (digest !== manifest.sha256)
    throw unreadable(entry.parquet, `its SHA-256 is ${digest}, its manifest says ${manifest.sha256}`);
  return { ...entry, stamp, rows: manifest.rows };
}

/** By pieces into one buffer: a file is larger than what a look may hold. */
async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  await using handle = await open(file);
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
  }
}

export async function parseManifest(file: string): Promise<{ sha256: string; rows: number }> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw unreadable(file, `it is no manifest: ${(cause as Error).message}`, cause);
  }
  const { sha256, rows } = (value ?? {}) as { sha256?: unknown; rows?: unknown };
  if (typeof sha256 !== 'string' || typeof rows !== 'number')
    throw unreadable(file, 'a manifest needs "sha256" and "rows"');
  return { sha256, rows };
}
