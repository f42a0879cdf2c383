import { Growing } from './growing.ts';

/** Thrift's compact protocol, as much of it as Parquet's metadata needs (apache/thrift, doc/specs/thrift-compact-protocol.md). */
export type Thrift =
  | { readonly kind: 'i32' | 'i64'; readonly value: number }
  | { readonly kind: 'binary'; readonly value: Uint8Array }
  | { readonly kind: 'list'; readonly of: Thrift['kind']; readonly value: readonly Thrift[] }
  | { readonly kind: 'struct'; readonly value: Fields };
/** By field id; absent ones are undefined. */
export type Fields = Readonly<Record<number, Thrift | undefined>>;

const TYPES = { i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;
const STOP = 0;
const LONGEST_STEP = 15;
const LONG_LIST = 15;

export const i32 = (value: number): Thrift => ({ kind: 'i32', value });
export const i64 = (value: number): Thrift => ({ kind: 'i64', value });
export const binary = (value: Uint8Array): Thrift => ({ kind: 'binary', value });
export const text = (value: string): Thrift => binary(Buffer.from(value));
export const list = (of: Thrift['kind'], value: readonly Thrift[]): Thrift => ({ kind: 'list', of, value });
export const struct = (value: Fields): Thrift => ({ kind: 'struct', value });

export function encodeStruct(fields: Fields): Buffer {
  const into = new Growing();
  writeStruct(into, fields);
  return into.written;
}

function writeStruct(into: Growing, fields: Fields): void {
  let last = 0;
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const id = Number(key);
    if (id - last > LONGEST_STEP) throw new RangeError(`field ${id} is too far from field ${last}`);
    into.byte(((id - last) << 4) | TYPES[value.kind]);
    writeValue(into, value);
    last = id;
  }
  into.byte(STOP);
}

function writeValue(into: Growing, thrift: Thrift): void {
  switch (thrift.kind) {
    case 'i32':
    case 'i64':
      // Zigzag; below 2^52
      into.varint(thrift.value < 0 ? -2 * thrift.value - 1 : 2 * thrift.value);
      break;
    case 'binary':
      into.varint(thrift.value.length);
      into.copy(Buffer.from(thrift.value), 0, thrift.value.length);
      break;
    case 'list': {
      const { of, value } = thrift;
      into.byte((Math.min(value.length, LONG_LIST) << 4) | TYPES[of]);
      if (value.length >= LONG_LIST) into.varint(value.length);
      for (const one of value) writeValue(into, one);
      break;
    }
    case 'struct':
      writeStruct(into, thrift.value);
      break;
  }
}
