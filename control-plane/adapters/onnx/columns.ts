import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { parseSnapshot, type Snapshot } from '@assay/domain/trainer';

export interface Rows {
  readonly count: number;
  readonly column: (name: string) => readonly number[];
}

/** Reads snapshot.json and both files, checking digests. Throws SNAPSHOT_INVALID. */
export async function readSnapshot(dir: string): Promise<{ facts: Snapshot; train: Rows; holdout: Rows }> {
  const text = await readFile(join(dir, 'snapshot.json'), 'utf8').catch((cause: unknown) => {
    throw new AssayError('SNAPSHOT_INVALID', 'Cannot read snapshot.json: the file is not there', { cause });
  });
  const facts = parseSnapshot(text);
  const [train, holdout] = await Promise.all([
    readRows(dir, 'train.csv', facts),
    readRows(dir, 'holdout.csv', facts),
  ]);
  return { facts, train, holdout };
}

async function readRows(dir: string, name: string, facts: Snapshot): Promise<Rows> {
  const content = await readFile(join(dir, name)).catch((cause: unknown) => {
    throw new AssayError('SNAPSHOT_INVALID', `Cannot read ${name}: the file is not there`, { cause });
  });
  const digest = createHash('sha256').update(content).digest('hex');
  if (digest !== facts.files[name]?.sha256)
    throw new AssayError(
      'SNAPSHOT_INVALID',
      `Cannot read ${name}: its digest is ${digest}, snapshot.json says ${facts.files[name]?.sha256}`,
    );
  const [head = '', ...lines] = content.toString('utf8').trimEnd().split('\n');
  const header = head.split(',');
  const rows = lines.map((line) => line.split(',').map(Number));
  return { count: rows.length, column: columnsOf(name, header, rows) };
}

function columnsOf(
  file: string,
  header: readonly string[],
  rows: readonly (readonly number[])[],
): (name: string) => readonly number[] {
  return (name) => {
    const at = header.indexOf(name);
    if (at < 0) throw new AssayError('SNAPSHOT_INVALID', `Cannot read ${file}: column "${name}" is missing`);
    return rows.map((row) => row[at] ?? Number.NaN);
  };
}
