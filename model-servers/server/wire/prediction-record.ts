import type { PredictionRecord } from '@assay/proto/gen/events/evidence_record';
import type { ServedColumn } from '../../families/codec.ts';
import type { WireTensor } from '../../runtime/tensor.ts';
import { WireWriter } from './writer.ts';

/** A prediction's record with plain numbers and the tensors as they are. */
export type PredictionFields = Omit<
  PredictionRecord,
  'atMs' | 'latencyUs' | 'routeVersion' | 'inputs' | 'outputs' | 'features' | 'served'
> & {
  readonly atMs: number;
  readonly latencyUs: number;
  readonly routeVersion: number;
  readonly inputs: readonly WireTensor[];
  readonly outputs: readonly WireTensor[];
  readonly features: readonly number[];
  readonly served: readonly ServedColumn[];
};

const FIRST_BYTES = 16 * 1024;
const KEPT_BYTES = 2 ** 20;
let writer = new WireWriter(FIRST_BYTES);

/** An EvidenceRecord with this prediction (proto/events/evidence_record.proto). Good until the next call: it lies in one buffer. */
export function predictionRecord(f: PredictionFields): Uint8Array {
  // One giant request must not hold its memory for ever
  if (writer.buffer.length > KEPT_BYTES) writer = new WireWriter(FIRST_BYTES);
  const w = writer;
  w.at = 0;
  const record = w.open(0x0a);
  w.text(0x0a, f.decisionId);
  w.text(0x12, f.role);
  w.whole(0x18, f.atMs);
  w.text(0x22, f.endpoint);
  w.text(0x2a, f.family);
  w.text(0x32, f.unitKey);
  w.whole(0x38, f.sticky ? 1 : 0);
  w.text(0x42, f.requestId);
  w.text(0x4a, f.model);
  w.text(0x52, f.version);
  w.text(0x5a, f.digest);
  w.text(0x62, f.arm);
  w.text(0x6a, f.experiment);
  w.text(0x72, f.rollout);
  w.text(0x7a, f.reason);
  w.double(0x81, f.propensity);
  w.text(0x8a, f.status);
  w.whole(0x90, f.latencyUs);
  for (const trip of f.guardrails) {
    const at = w.open(0x9a);
    w.text(0x0a, trip.rule);
    w.text(0x12, trip.kind);
    w.double(0x19, trip.value);
    w.double(0x21, trip.limit);
    w.text(0x2a, trip.action);
    w.close(at);
  }
  w.text(0xa2, f.policyDigest);
  w.whole(0xa8, f.routeVersion);
  w.text(0xb2, f.runtime);
  for (const t of f.inputs) tensor(w, 0xba, t);
  for (const t of f.outputs) tensor(w, 0xc2, t);
  numbers(w, f);
  w.close(record);
  return w.buffer.subarray(0, w.at);
}

function tensor(w: WireWriter, tag: number, { name, datatype, shape, data }: WireTensor): void {
  const at = w.open(tag);
  w.text(0x0a, name);
  w.text(0x12, datatype);
  if (shape.length > 0) {
    const dimensions = w.open(0x1a);
    for (const n of shape) {
      w.room(10);
      w.varint(n);
    }
    w.close(dimensions);
  }
  if (data.length > 0) w.bytes(0x22, data);
  w.close(at);
}

/** Features and what the client was told. */
function numbers(w: WireWriter, { features, served }: PredictionFields): void {
  if (features.length > 0) {
    w.room(14 + 8 * features.length);
    w.varint(0xca);
    w.varint(8 * features.length);
    for (const x of features) w.at = w.buffer.writeDoubleLE(x, w.at);
  }
  for (const column of served) entries(w, column);
}

/** Map entries with zeros for values, and where each ends. */
interface Template {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

/** By a column's names, which do not change: an answer fills in its numbers. */
const templates = new WeakMap<readonly string[], Template>();

function templateOf(names: readonly string[]): Template {
  let template = templates.get(names);
  if (template === undefined) {
    const w = new WireWriter(64 * names.length);
    const ends = names.map((name) => {
      const entry = w.open(0xd2);
      w.text(0x0a, name);
      w.room(16);
      w.varint(0x11);
      w.at = w.buffer.writeDoubleLE(0, w.at);
      w.close(entry);
      return w.at;
    });
    template = { bytes: w.buffer.subarray(0, w.at), ends };
    templates.set(names, template);
  }
  return template;
}

function entries(w: WireWriter, { names, values }: ServedColumn): void {
  const { bytes, ends } = templateOf(names);
  const count = Math.min(names.length, values.length);
  if (count === 0) return;
  const length = ends[count - 1] as number;
  w.room(length);
  bytes.copy(w.buffer, w.at, 0, length);
  for (let r = 0; r < count; r++) w.buffer.writeDoubleLE(values[r] as number, w.at + (ends[r] as number) - 8);
  w.at += length;
}
