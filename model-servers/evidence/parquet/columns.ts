import type { Column } from './file.ts';
import { Growing, Numbers } from './growing.ts';
import { Dictionary, type Leaf, type PHYSICAL, type Rows } from './leaf.ts';
import type { WireRecord } from './wire-record.ts';

/** A column that takes its value from a field of a record's bytes. */
export interface WireColumn extends Column {
  append(record: WireRecord): void;
}

export const NONE = -1;
export const EMPTY = Buffer.alloc(0);

export interface Plain extends Leaf {
  count: number;
}

export const plain = (
  path: readonly string[],
  physical: keyof typeof PHYSICAL,
  isText = false,
  rows?: Rows,
): Plain => ({
  ...{ path, physical, isText, values: new Growing(), count: 0 },
  ...(rows && { rows }),
  clear() {
    this.values.clear();
    rows?.counts.clear();
    this.count = 0;
  },
});

export function addBytes(leaf: Plain, bytes: Buffer, start: number, end: number): void {
  leaf.values.u32(end - start);
  leaf.values.copy(bytes, start, end);
  leaf.count++;
}

/** A text that is another one in nearly every record. */
export function uniqueText(name: string, field: number): WireColumn {
  const leaf = plain([name], 'bytes', true);
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      const i = r.last(field);
      if (i === NONE) addBytes(leaf, EMPTY, 0, 0);
      else addBytes(leaf, r.bytes, r.start[i] as number, r.end[i] as number);
    },
  };
}

/** A text that comes again and again, most often that of the record before. */
export function commonText(name: string, field: number): WireColumn {
  const leaf = new Dictionary([name]);
  let before = 0;
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      const i = r.last(field);
      before =
        i === NONE
          ? leaf.append(EMPTY, 0, 0, before)
          : leaf.append(r.bytes, r.start[i] as number, r.end[i] as number, before);
    },
  };
}

export function whole(name: string, field: number): WireColumn {
  const leaf = plain([name], 'int64');
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      leaf.count++;
      addWhole(leaf.values, r, field);
    },
  };
}

/** A negative number's varint is that of its two's complement: past 2^53. */
function addWhole(values: Growing, r: WireRecord, field: number): void {
  const value = r.whole(field);
  if (value <= Number.MAX_SAFE_INTEGER) values.whole(value);
  else values.i64(exactly(r, r.last(field)));
}

function exactly({ bytes, start, end }: WireRecord, i: number): bigint {
  let value = 0n;
  for (let at = (end[i] as number) - 1; at >= (start[i] as number); at--)
    value = (value << 7n) | BigInt((bytes[at] as number) & 0x7f);
  return BigInt.asIntN(64, value);
}

/** NULL where the field is absent. */
export function optionalWhole(name: string, field: number): WireColumn {
  const rows: Rows = { kind: 'optional', counts: new Numbers() };
  const leaf = plain([name], 'int64', false, rows);
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      const isThere = r.last(field) !== NONE;
      rows.counts.push(isThere ? 1 : 0);
      if (!isThere) return;
      leaf.count++;
      addWhole(leaf.values, r, field);
    },
  };
}

export function flag(name: string, field: number): WireColumn {
  const leaf = plain([name], 'boolean');
  let bits = 0;
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      if (leaf.count === 0) bits = 0;
      if (r.whole(field) !== 0) bits |= 1 << (leaf.count % 8);
      if (leaf.count % 8 === 0) leaf.values.byte(bits);
      else leaf.values.lastByte(bits);
      leaf.count++;
      if (leaf.count % 8 === 0) bits = 0;
    },
  };
}

export function number(name: string, field: number): WireColumn {
  const leaf = plain([name], 'double');
  return {
    ...{ name, leaves: [leaf] },
    append(r) {
      addDouble(leaf, r, r.last(field));
    },
  };
}

export function addDouble(leaf: Plain, r: WireRecord, i: number): void {
  leaf.count++;
  if (i === NONE) leaf.values.f64(0);
  else leaf.values.copy(r.bytes, r.start[i] as number, r.end[i] as number);
}
