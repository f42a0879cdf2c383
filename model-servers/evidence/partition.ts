import { EvidenceRecord } from '@assay/proto/gen/events/evidence_record';
import type { WireColumn } from './parquet/columns.ts';
import { columnsOf, FILED_BY, KIND_OF_FIELD } from './parquet/evidence-columns.ts';
import { WireRecord } from './parquet/wire-record.ts';
import type { EvidenceKind } from './rows.ts';

/** Rows of one kind, endpoint and day (UTC), column by column. */
export interface Partition {
  readonly kind: EvidenceKind;
  readonly endpoint: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly columns: readonly WireColumn[];
  rows: number;
  firstMs: number;
  lastMs: number;
}

const DAY_MS = 86_400_000;

/** Files records by kind, endpoint and day; their bytes go into columns as they are. */
export function partition(payloads: readonly Buffer[]): readonly Partition[] {
  const parts = new Map<string, Filling>();
  const [outer, record] = [new WireRecord(), new WireRecord()];
  let part: Filling | undefined;
  for (const payload of payloads) {
    const kind = readRecord(payload, outer, record);
    if (kind === undefined) continue;
    const filed = FILED_BY[kind];
    const atMs = record.whole(filed.atMs);
    const day = Math.floor(atMs / DAY_MS);
    if (part?.kind !== kind || part.day !== day || !record.isText(filed.endpoint, part.endpointBytes))
      part = partOf(parts, kind, record.text(filed.endpoint), day);
    part.rows++;
    part.firstMs = Math.min(part.firstMs, atMs);
    part.lastMs = Math.max(part.lastMs, atMs);
    for (const column of part.columns) column.append(record);
  }
  return [...parts.values()];
}

/** A partition that rows still come to. */
interface Filling extends Partition {
  readonly endpointBytes: Buffer;
  /** Days since 1970. */
  readonly day: number;
}

function partOf(parts: Map<string, Filling>, kind: EvidenceKind, endpoint: string, day: number): Filling {
  const key = `${kind}/${endpoint}/${day}`;
  let part = parts.get(key);
  if (part === undefined) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    part = {
      ...{ kind, endpoint, endpointBytes: Buffer.from(endpoint), day, date, columns: columnsOf(kind) },
      ...{ rows: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY },
    };
    parts.set(key, part);
  }
  return part;
}

const FIELDS = Object.keys(KIND_OF_FIELD).map(Number);

/** Reads the record inside an EvidenceRecord; undefined where it is of a kind that this server does not know. */
function readRecord(payload: Buffer, outer: WireRecord, record: WireRecord): EvidenceKind | undefined {
  outer.read(payload, 0, payload.length);
  let field = 0;
  let count = 0;
  for (const candidate of FIELDS)
    for (let i = outer.first(candidate); i >= 0; i = outer.next(i)) [field, count] = [candidate, count + 1];
  if (count > 1) {
    // Our own writer never makes several: the generated code knows how they become one
    const canonical = EvidenceRecord.encode(EvidenceRecord.decode(payload)).finish();
    return readRecord(Buffer.from(canonical), outer, record);
  }
  if (count === 0) return undefined;
  const i = outer.last(field);
  record.read(outer.bytes, outer.start[i] as number, outer.end[i] as number);
  return KIND_OF_FIELD[field];
}
