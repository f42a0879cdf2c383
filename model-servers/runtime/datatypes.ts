import type { InferTensorContents } from '@assay/proto/gen/inference/open_inference_grpc';

/** Bytes an element has in raw contents; BYTES elements carry their own lengths. */
export const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['UINT8', 1],
  ['INT8', 1],
  ['UINT16', 2],
  ['INT16', 2],
  ['FP16', 2],
  ['UINT32', 4],
  ['INT32', 4],
  ['FP32', 4],
  ['UINT64', 8],
  ['INT64', 8],
  ['FP64', 8],
  ['BYTES', 0],
]);

type Field = Exclude<keyof InferTensorContents, number>;

/** Which field of typed contents carries a datatype. FP16 has none: it comes raw only. */
const FIELDS: Readonly<Record<string, Field>> = {
  BOOL: 'boolContents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
  BYTES: 'bytesContents',
};

const ALL_FIELDS = [...new Set(Object.values(FIELDS))];

/** Name of a filled field that does not belong to the datatype; undefined when there is none. */
export const strangeField = (datatype: string, contents: InferTensorContents): Field | undefined =>
  ALL_FIELDS.find((f) => f !== FIELDS[datatype] && contents[f].length > 0);

/** In Node 24, not yet in lib es2024. */
interface HalfView extends DataView {
  getFloat16(at: number, littleEndian: boolean): number;
  setFloat16(at: number, value: number, littleEndian: boolean): void;
}

const WRITERS: Readonly<Record<string, (v: DataView, at: number, x: never) => void>> = {
  BOOL: (v, at, x: boolean) => v.setUint8(at, x ? 1 : 0),
  UINT8: (v, at, x: number) => v.setUint8(at, x),
  INT8: (v, at, x: number) => v.setInt8(at, x),
  UINT16: (v, at, x: number) => v.setUint16(at, x, true),
  INT16: (v, at, x: number) => v.setInt16(at, x, true),
  UINT32: (v, at, x: number) => v.setUint32(at, x, true),
  INT32: (v, at, x: number) => v.setInt32(at, x, true),
  FP16: (v, at, x: number) => (v as HalfView).setFloat16(at, x, true),
  FP32: (v, at, x: number) => v.setFloat32(at, x, true),
  FP64: (v, at, x: number) => v.setFloat64(at, x, true),
  UINT64: (v, at, x: bigint) => v.setBigUint64(at, x, true),
  INT64: (v, at, x: bigint) => v.setBigInt64(at, x, true),
};

/** BYTES in raw contents: each element after its length, u32 little-endian. */
export function packBytes(elements: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    elements.flatMap((e) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(e.length);
      return [length, e];
    }),
  );
}

/** Row-major little-endian bytes of typed contents. */
export function rawOfTyped(datatype: string, contents: InferTensorContents): Buffer {
  const field = FIELDS[datatype];
  if (field === undefined) return Buffer.alloc(0);
  if (datatype === 'BYTES') return packBytes(contents.bytesContents);
  return rawOf(datatype, contents[field] as readonly unknown[]);
}

/** The same of plain values: booleans, numbers, and bigints for the 64-bit integers. Not for BYTES. */
export function rawOf(datatype: string, values: readonly unknown[]): Buffer {
  const size = ELEMENT_BYTES.get(datatype) ?? 0;
  const raw = Buffer.allocUnsafe(values.length * size);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const write = WRITERS[datatype];
  for (let i = 0; i < values.length; i++) write?.(view, i * size, values[i] as never);
  return raw;
}

/** Elements of raw BYTES; undefined when their lengths do not fill the bytes exactly. */
export function unpackBytes(raw: Buffer): Buffer[] | undefined {
  const elements: Buffer[] = [];
  let at = 0;
  while (at + 4 <= raw.length) {
    const end = at + 4 + raw.readUInt32LE(at);
    if (end > raw.length) return undefined;
    elements.push(raw.subarray(at + 4, end));
    at = end;
  }
  return at === raw.length ? elements : undefined;
}

const READERS: Readonly<Record<string, (v: DataView, at: number) => number | bigint | boolean>> = {
  BOOL: (v, at) => v.getUint8(at) !== 0,
  UINT8: (v, at) => v.getUint8(at),
  INT8: (v, at) => v.getInt8(at),
  UINT16: (v, at) => v.getUint16(at, true),
  INT16: (v, at) => v.getInt16(at, true),
  UINT32: (v, at) => v.getUint32(at, true),
  INT32: (v, at) => v.getInt32(at, true),
  FP16: (v, at) => (v as HalfView).getFloat16(at, true),
  FP32: (v, at) => v.getFloat32(at, true),
  FP64: (v, at) => v.getFloat64(at, true),
  UINT64: (v, at) => v.getBigUint64(at, true),
  INT64: (v, at) => v.getBigInt64(at, true),
};

/** Elements of raw contents, without BYTES (`unpackBytes`). */
export function elementsOf(datatype: string, raw: Buffer): (number | bigint | boolean)[] {
  const read = READERS[datatype];
  const size = ELEMENT_BYTES.get(datatype) ?? 0;
  if (read === undefined || size === 0) return [];
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.byteLength / size }, (_, i) => read(view, i * size));
}

/** The same elements as typed contents, for clients that sent typed contents. */
export function typedOfRaw(datatype: string, raw: Buffer): InferTensorContents {
  const contents: InferTensorContents = {
    boolContents: [],
    intContents: [],
    int64Contents: [],
    uintContents: [],
    uint64Contents: [],
    fp32Contents: [],
    fp64Contents: [],
    bytesContents: [],
  };
  const field = FIELDS[datatype];
  if (field === undefined) return contents;
  const elements = datatype === 'BYTES' ? (unpackBytes(raw) ?? []) : elementsOf(datatype, raw);
  return { ...contents, [field]: elements };
}
