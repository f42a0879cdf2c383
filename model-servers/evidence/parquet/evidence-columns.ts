import type { EvidenceKind } from '../rows.ts';
import { commonText, flag, number, optionalWhole, uniqueText, type WireColumn, whole } from './columns.ts';
import { datas, named, numbers, specs, trips } from './repeated-columns.ts';

/** Field numbers of EvidenceRecord, and of those of its records by which they are filed (proto/events/evidence_record.proto). */
export const KIND_OF_FIELD: Readonly<Record<number, EvidenceKind>> = {
  1: 'predictions',
  2: 'outcomes',
  3: 'exposures',
};
export const FILED_BY: Readonly<Record<EvidenceKind, { readonly endpoint: number; readonly atMs: number }>> =
  {
    predictions: { endpoint: 4, atMs: 3 },
    outcomes: { endpoint: 2, atMs: 6 },
    exposures: { endpoint: 2, atMs: 7 },
  };

/** The columns of control-plane/domain/evidence-schema.ts, in its order (test: evidence-readers.test.ts), each with its field. */
const COLUMNS: Readonly<Record<EvidenceKind, () => readonly WireColumn[]>> = {
  predictions: () => [
    uniqueText('decision_id', 1),
    commonText('role', 2),
    whole('at_ms', 3),
    commonText('endpoint', 4),
    commonText('family', 5),
    uniqueText('unit_key', 6),
    flag('sticky', 7),
    uniqueText('request_id', 8),
    commonText('model', 9),
    commonText('version', 10),
    commonText('digest', 11),
    commonText('arm', 12),
    commonText('experiment', 13),
    commonText('rollout', 14),
    commonText('reason', 15),
    number('propensity', 16),
    commonText('status', 17),
    whole('latency_us', 18),
    trips('guardrails', 19),
    commonText('policy_digest', 20),
    whole('route_version', 21),
    commonText('runtime', 22),
    specs('input_specs', 23),
    datas('input_bytes', 23),
    specs('output_specs', 24),
    datas('output_bytes', 24),
    numbers('features', 25),
    named('served', 26),
  ],
  outcomes: () => [
    uniqueText('outcome_id', 1),
    commonText('endpoint', 2),
    uniqueText('decision_id', 3),
    uniqueText('unit_key', 4),
    whole('occurred_at_ms', 5),
    whole('received_at_ms', 6),
    named('metrics', 7),
    named('labels', 8),
    optionalWhole('period', 9),
  ],
  exposures: () => [
    uniqueText('exposure_id', 1),
    commonText('endpoint', 2),
    commonText('experiment', 3),
    uniqueText('unit_key', 4),
    commonText('arm', 5),
    whole('occurred_at_ms', 6),
    whole('received_at_ms', 7),
  ],
};

/** Columns that were written, to be used again: one thread seals. */
const spare: Readonly<Record<EvidenceKind, (readonly WireColumn[])[]>> = {
  predictions: [],
  outcomes: [],
  exposures: [],
};

/** Empty columns of a kind; `giveBack` when they were written. */
export const columnsOf = (kind: EvidenceKind): readonly WireColumn[] => spare[kind].pop() ?? COLUMNS[kind]();

export function giveBack(kind: EvidenceKind, columns: readonly WireColumn[]): void {
  if (spare[kind].length >= MOST_SPARE) return;
  for (const { leaves } of columns) for (const leaf of leaves) leaf.clear();
  spare[kind].push(columns);
}

const MOST_SPARE = 4;
