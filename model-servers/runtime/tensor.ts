/** A tensor as it came over the wire; its bytes go into the evidence as they are. */
export interface WireTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Row-major little-endian. */
  readonly data: Buffer;
}

const aligned = (b: Buffer, size: number): boolean => b.byteOffset % size === 0;

/** The same bytes where numbers of eight bytes can be read in place; raw contents come at any offset. */
export const inPlace = (data: Buffer): Buffer => (aligned(data, 8) ? data : Buffer.from(data));

/** The values without a copy where the bytes lie aligned; raw contents may come at any offset. */
export function float32(tensor: WireTensor): Float32Array<ArrayBuffer> {
  const { data } = tensor;
  if (aligned(data, 4))
    return new Float32Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 4);
  return new Float32Array(Uint8Array.prototype.slice.call(data).buffer as ArrayBuffer);
}

export function int64(tensor: WireTensor): BigInt64Array {
  const { data } = tensor;
  if (aligned(data, 8)) return new BigInt64Array(data.buffer, data.byteOffset, data.byteLength / 8);
  return new BigInt64Array(Uint8Array.prototype.slice.call(data).buffer);
}

const bytesOf = (v: ArrayBufferView): Buffer => Buffer.from(v.buffer, v.byteOffset, v.byteLength);

export const floats = (name: string, values: ArrayLike<number>, shape = [values.length]): WireTensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: bytesOf(values instanceof Float32Array ? values : Float32Array.from(values)),
});

export const integers = (name: string, values: readonly bigint[]): WireTensor => ({
  name,
  datatype: 'INT64',
  shape: [values.length],
  data: bytesOf(BigInt64Array.from(values)),
});

export const booleans = (name: string, values: readonly boolean[]): WireTensor => ({
  name,
  datatype: 'BOOL',
  shape: [values.length],
  data: Buffer.from(values.map((v) => (v ? 1 : 0))),
});

/** Index of the first value that is infinite or no number. */
export function firstNotFinite(values: Float32Array): number | undefined {
  // One comparison for all of them: times 0 they are 0, or no number
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0;
  return sum === 0 ? undefined : values.findIndex((v) => !Number.isFinite(v));
}
