import { type AuditEntry, auditHash } from '@assay/domain/audit';
import type { Json } from '@assay/domain/canonical-json';
import { type JsonTable, toTable } from '../shared/json-shape.ts';

/** Rows of a record as they are shown: repeated looks stand together, all else alone. */
export type TimelineItem =
  | { readonly kind: 'entry'; readonly entry: AuditEntry }
  | { readonly kind: 'run'; readonly event: string; readonly entries: readonly AuditEntry[] };

/** Two in a row still read well one by one. */
const SHORTEST_RUN = 3;

export function groupTimeline(record: readonly AuditEntry[]): readonly TimelineItem[] {
  const items: TimelineItem[] = [];
  for (let i = 0; i < record.length; ) {
    const first = record[i];
    if (first === undefined) break;
    let end = i + 1;
    while (record[end]?.event === first.event) end += 1;
    const entries = record.slice(i, end);
    if (entries.length >= SHORTEST_RUN) items.push({ kind: 'run', event: first.event, entries });
    else items.push(...entries.map((entry) => ({ kind: 'entry', entry }) as const));
    i = end;
  }
  return items;
}

type Fields = { readonly [key: string]: Json };
const isFields = (v: Json | undefined): v is Fields =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

/** Scalars of an evidence, nested ones under "part key": what the looks of a run are compared by. */
function scalarsOf(evidence: Json, prefix = ''): Fields {
  if (!isFields(evidence)) return prefix === '' ? { value: evidence } : {};
  const pairs = Object.entries(evidence).flatMap(([key, value]): [string, Json][] => {
    const name = prefix === '' ? key : `${prefix} ${key}`;
    if (value === null || typeof value !== 'object') return [[name, value]];
    return isFields(value) ? Object.entries(scalarsOf(value, name)) : [];
  });
  return Object.fromEntries(pairs);
}

/** One line a look. */
export const runTable = (entries: readonly AuditEntry[], clock: (atMs: number) => string): JsonTable =>
  toTable(
    'looks',
    entries.map((e) => [clock(e.atMs), scalarsOf(e.evidence)]),
  );

/** Rows whose own hash does not follow from what they say; recomputed here, so nobody needs to believe the server. */
export const alteredRows = (record: readonly AuditEntry[]): readonly number[] =>
  record.filter((e) => auditHash(e.sequence, e.atMs, e.previousHash, e) !== e.hash).map((e) => e.sequence);

/** “canary.look” → “Canary look”, “release.rolled-back” → “Rolled back”. */
export function eventWords(event: string): string {
  const [first = '', ...rest] = event.split('.');
  const words = (first === 'release' && rest.length > 0 ? rest : [first, ...rest])
    .join(' ')
    .replace(/[-_]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
