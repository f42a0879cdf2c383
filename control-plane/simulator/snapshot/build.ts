import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson } from '@assay/domain/canonical-json';
import { AssayError } from '@assay/domain/errors';
import type { Family } from '@assay/domain/families/family';
import { sha256Hex } from '@assay/domain/sha256';
import { parseSnapshot, type Snapshot } from '@assay/domain/trainer';
import { toCsv } from './csv.ts';
import { evidenceRows } from './evidence-rows.ts';
import { realClickSessions } from './ranking-sessions.ts';
import { SAMPLES, type SplitRows } from './split-rows.ts';

export type SnapshotSource =
  | { readonly kind: 'sample' }
  /** Ranking's negative control: the real clicks, which nothing predicts. */
  | { readonly kind: 'real-log' }
  /** `file`: labelled evidence in the contract's columns. */
  | { readonly kind: 'evidence'; readonly file: string };

export interface BuildSnapshotInput {
  readonly family: Family;
  /** What `assay_trainers.extract` wrote. */
  readonly extractedDir: string;
  readonly outDir: string;
  readonly seed: number;
  readonly source: SnapshotSource;
  readonly nowMs: number;
}

/** Writes the contract's snapshot folder; one that is already there and whole is answered as it is. Throws SNAPSHOT_INVALID. */
export async function buildSnapshot(input: BuildSnapshotInput): Promise<Snapshot> {
  const there = await readFile(join(input.outDir, 'snapshot.json'), 'utf8').catch(() => undefined);
  if (there !== undefined) return parseSnapshot(there);
  const rows = await rowsOf(input);
  const origin = JSON.parse(await readFile(join(input.extractedDir, 'extract.json'), 'utf8')) as {
    source: string;
    licence: string;
  };
  return write(input, rows, origin);
}

async function rowsOf({ family, extractedDir, seed, source }: BuildSnapshotInput): Promise<SplitRows> {
  try {
    if (source.kind === 'real-log') {
      if (family !== 'ranking') throw new TypeError(`family ${family} has no log of real clicks`);
      return await realClickSessions(extractedDir);
    }
    const base = await SAMPLES[family](extractedDir, seed);
    return source.kind === 'sample' ? base : await evidenceRows(source.file, base);
  } catch (cause) {
    throw new AssayError(
      'SNAPSHOT_INVALID',
      `Cannot build the snapshot of "${family}" from ${source.kind}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function write(
  input: BuildSnapshotInput,
  rows: SplitRows,
  origin: { source: string; licence: string },
): Promise<Snapshot> {
  const train = toCsv(rows.header, rows.train);
  const holdout = toCsv(rows.header, rows.holdout);
  const files = {
    'train.csv': { sha256: sha256Hex(train), rows: rows.train.length },
    'holdout.csv': { sha256: sha256Hex(holdout), rows: rows.holdout.length },
  };
  const snapshot: Snapshot = {
    version: 1,
    family: input.family,
    source: origin.source,
    licence: origin.licence,
    label_origin: rows.labelOrigin,
    created_at_ms: input.nowMs,
    rows: rows.train.length + rows.holdout.length,
    train_rows: rows.train.length,
    files,
    digest: sha256Hex(canonicalJson(files)),
  };
  await place(input.outDir, {
    'train.csv': train,
    'holdout.csv': holdout,
    'snapshot.json': `${JSON.stringify(snapshot, null, 1)}\n`,
  });
  return snapshot;
}

/** All files or none: written beside, then moved. Two builders at once make the same rows; the first one's folder stays. */
async function place(outDir: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dirname(outDir), { recursive: true });
  const draft = `${outDir}.${randomUUID()}`;
  await mkdir(draft);
  for (const [name, text] of Object.entries(files)) await writeFile(join(draft, name), text);
  try {
    await rename(draft, outDir);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    const taken = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '');
    if (!taken) throw cause;
  }
}
