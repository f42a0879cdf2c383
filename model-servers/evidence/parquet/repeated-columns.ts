import { GuardrailTrip, TensorBytes } from '@assay/proto/gen/events/evidence_record';
import { tensorSpecs, tripsText } from '../rows.ts';
import { addBytes, addDouble, EMPTY, NONE, plain, type WireColumn } from './columns.ts';
import { Growing, Numbers } from './growing.ts';
import { Dictionary, type Rows } from './leaf.ts';
import { WireRecord } from './wire-record.ts';

const repeated = (): Rows => ({ kind: 'repeated', counts: new Numbers() });

/** Repeated doubles, packed or not: their bytes are Parquet's. */
export function numbers(name: string, field: number): WireColumn {
  const rows = repeated();
  const leaf = plain([name, 'list', 'element'], 'double', false, rows);
  return {
    ...{ name, group: 'list', leaves: [leaf] },
    append(r) {
      let bytes = 0;
      for (let i = r.first(field); i !== NONE; i = r.next(i)) {
        leaf.values.copy(r.bytes, r.start[i] as number, r.end[i] as number);
        bytes += (r.end[i] as number) - (r.start[i] as number);
      }
      rows.counts.push(bytes / 8);
      leaf.count += bytes / 8;
    },
  };
}

const KEY = 1;
const VALUE = 2;
/** Tags of a map's entry as everybody writes it: the key, then eight bytes. */
const KEY_TAG = 0x0a;
const VALUE_TAG = 0x11;
const ENTRY_BYTES = 11;

/** map<string, double>: names come in the same order in most records. */
export function named(name: string, field: number): WireColumn {
  const rows = repeated();
  const keys = new Dictionary([name, 'key_value', 'key'], rows);
  const values = plain([name, 'key_value', 'value'], 'double', false, rows);
  const before: number[] = [];
  const entry = new WireRecord();
  const usual = (bytes: Buffer, start: number, end: number, hint: number): number => {
    values.count++;
    values.values.copy(bytes, end - 8, end);
    return keys.append(bytes, start + 2, end - 9, hint);
  };
  const other = (bytes: Buffer, start: number, end: number, hint: number): number => {
    entry.read(bytes, start, end);
    addDouble(values, entry, entry.last(VALUE));
    const key = entry.last(KEY);
    if (key === NONE) return keys.append(EMPTY, 0, 0, hint);
    return keys.append(bytes, entry.start[key] as number, entry.end[key] as number, hint);
  };
  return {
    ...{ name, group: 'map', leaves: [keys, values] },
    append(r) {
      let place = 0;
      for (let i = r.first(field); i !== NONE; i = r.next(i), place++) {
        const [start, end] = [r.start[i] as number, r.end[i] as number];
        const add = isUsual(r.bytes, start, end) ? usual : other;
        before[place] = add(r.bytes, start, end, before[place] ?? 0);
      }
      rows.counts.push(place);
    },
  };
}

const isUsual = (bytes: Buffer, start: number, end: number): boolean =>
  bytes[start] === KEY_TAG && bytes[start + 1] === end - start - ENTRY_BYTES && bytes[end - 9] === VALUE_TAG;

/** Trips as JSON; most records have none. */
export function trips(name: string, field: number): WireColumn {
  const leaf = plain([name], 'bytes', true);
  const none = Buffer.from(tripsText([]));
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      const found: GuardrailTrip[] = [];
      for (let i = r.first(field); i !== NONE; i = r.next(i))
        found.push(GuardrailTrip.decode(r.bytes.subarray(r.start[i], r.end[i])));
      const text = found.length === 0 ? none : Buffer.from(tripsText(found));
      addBytes(leaf, text, 0, text.length);
    },
  };
}

const DATA = 4;

/** Names, datatypes and shapes of tensors as JSON. Same bytes, same text: it is made once for each. */
export function specs(name: string, field: number): WireColumn {
  const leaf = new Dictionary([name]);
  const tensor = new WireRecord();
  let [head, before, entry] = [new Growing(), new Growing(), NONE];
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      [head, before] = [before, head];
      head.clear();
      for (let i = r.first(field); i !== NONE; i = r.next(i)) addHead(head, r, i, tensor);
      if (leaf.count === 0 || !head.equals(before))
        entry = leaf.entryOf(head.written.toString('latin1'), () =>
          Buffer.from(tensorSpecs(tensorsOf(r, field))),
        );
      leaf.indices.push(entry);
    },
  };
}

/** A tensor's bytes without its data, with what tells where it was. */
function addHead(head: Growing, r: WireRecord, i: number, tensor: WireRecord): void {
  const [start, end] = [r.start[i] as number, r.end[i] as number];
  tensor.read(r.bytes, start, end);
  const data = tensor.last(DATA);
  const [from, to] = data === NONE ? [end, end] : [tensor.start[data] as number, tensor.end[data] as number];
  head.u32(from - start);
  head.u32(end - to);
  head.copy(r.bytes, start, from);
  head.copy(r.bytes, to, end);
}

function tensorsOf(r: WireRecord, field: number): TensorBytes[] {
  const found: TensorBytes[] = [];
  for (let i = r.first(field); i !== NONE; i = r.next(i))
    found.push(TensorBytes.decode(r.bytes.subarray(r.start[i], r.end[i])));
  return found;
}

/** Tensors' data. */
export function datas(name: string, field: number): WireColumn {
  const rows = repeated();
  const leaf = plain([name, 'list', 'element'], 'bytes', false, rows);
  const tensor = new WireRecord();
  return {
    ...{ name, group: 'list', leaves: [leaf] },
    append(r) {
      let count = 0;
      for (let i = r.first(field); i !== NONE; i = r.next(i), count++) {
        tensor.read(r.bytes, r.start[i] as number, r.end[i] as number);
        const data = tensor.last(DATA);
        if (data === NONE) addBytes(leaf, EMPTY, 0, 0);
        else addBytes(leaf, r.bytes, tensor.start[data] as number, tensor.end[data] as number);
      }
      rows.counts.push(count);
    },
  };
}
