import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readSegment } from './read.ts';
import { type Cell, type EvidenceKind, KIND_COLUMNS, kindRow, type Row } from './rows.ts';
import { listSegments, segmentFile } from './segments.ts';

/** A record as JSON: its columns, `kind`, and tensors with their bytes in base64. Integers beyond 2^53 are text. */
export type CatRecord = { readonly kind: EvidenceKind } & Readonly<Record<string, unknown>>;

/** Every record below an evidence folder, sealed or not, each once. `warn` hears what was cut from torn tails. */
export async function* catEvidence(dir: string, warn: (line: string) => void): AsyncGenerator<CatRecord> {
  const unsealed = new Set<string>();
  for (const segment of await listSegments(dir)) {
    const content = await readSegment(segmentFile(dir, segment)).catch((cause: NodeJS.ErrnoException) => {
      // Sealed since the folder was listed
      if (cause.code === 'ENOENT') return undefined;
      throw cause;
    });
    if (content === undefined) continue;
    unsealed.add(segment);
    if (content.cutBytes > 0) warn(`${segment}: ${content.cutBytes} bytes of a torn tail left out`);
    for (const record of content.records) {
      const found = kindRow(record);
      if (found !== undefined) yield asJson(found.kind, found.row);
    }
  }
  yield* catSealed(dir, unsealed);
}

async function* catSealed(dir: string, unsealed: ReadonlySet<string>): AsyncGenerator<CatRecord> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    for (const kind of Object.keys(KIND_COLUMNS) as EvidenceKind[]) {
      for (const manifest of await manifests(join(dir, kind))) {
        const { segment } = JSON.parse(await readFile(manifest, 'utf8')) as { segment: string };
        if (unsealed.has(segment)) continue;
        const file = manifest.replace(/\.json$/, '.parquet').replaceAll("'", "''");
        const reader = await connection.runAndReadAll(
          `SELECT ${selectList(kind)} FROM read_parquet('${file}', hive_partitioning = false)`,
        );
        for (const row of reader.getRowObjectsJson()) yield fromJsonRow(kind, row);
      }
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function manifests(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
  const isManifest = (e: string): boolean =>
    e.endsWith('.json') && !(e.split('/').at(-1) ?? '').startsWith('.');
  return entries
    .filter(isManifest)
    .sort()
    .map((e) => join(folder, e));
}

/** Lists and maps as JSON text, bytes as base64: what comes out is the same as from a segment. */
const selectList = (kind: EvidenceKind): string =>
  Object.entries(KIND_COLUMNS[kind])
    .map(([name, type]) => {
      if (type === 'BLOB[]')
        return `to_json(list_transform(${name}, lambda b: to_base64(b)))::VARCHAR AS ${name}`;
      return type === 'DOUBLE[]' || type.startsWith('MAP') ? `to_json(${name})::VARCHAR AS ${name}` : name;
    })
    .join(', ');

function fromJsonRow(kind: EvidenceKind, row: Record<string, unknown>): CatRecord {
  const columns = KIND_COLUMNS[kind];
  const value = (name: string): unknown => {
    const [type, cell] = [columns[name] ?? '', row[name]];
    if (cell === null || cell === undefined) return null;
    if (type === 'BIGINT') return exact(BigInt(cell as string));
    return type.endsWith('[]') || type.startsWith('MAP') ? JSON.parse(cell as string) : cell;
  };
  return withTexts(kind, Object.fromEntries(Object.keys(columns).map((name) => [name, value(name)])));
}

const exact = (n: bigint): number | string =>
  n >= Number.MIN_SAFE_INTEGER && n <= Number.MAX_SAFE_INTEGER ? Number(n) : String(n);

function asJson(kind: EvidenceKind, row: Row): CatRecord {
  const value = (cell: Cell): unknown => {
    if (typeof cell === 'bigint') return exact(cell);
    return Array.isArray(cell)
      ? cell.map((c: number | Uint8Array) =>
          typeof c === 'number' ? c : Buffer.from(c.buffer, c.byteOffset, c.byteLength).toString('base64'),
        )
      : cell;
  };
  return withTexts(kind, Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, value(cell)])));
}

/** Columns that hold JSON text are shown as what they mean. */
function withTexts(kind: EvidenceKind, row: Record<string, unknown>): CatRecord {
  const parsed = { ...row };
  for (const name of ['guardrails', 'input_specs', 'output_specs'])
    if (typeof row[name] === 'string') parsed[name] = JSON.parse(row[name]);
  return { kind, ...parsed };
}
