interface Reader {
  readonly size: number;
  readonly read: (view: DataView, at: number) => number;
}

/** Row-major little-endian raw contents, as the Open Inference Protocol has them. */
const READERS: Readonly<Record<string, Reader>> = {
  FP32: { size: 4, read: (v, at) => v.getFloat32(at, true) },
  FP64: { size: 8, read: (v, at) => v.getFloat64(at, true) },
  INT64: { size: 8, read: (v, at) => Number(v.getBigInt64(at, true)) },
  BOOL: { size: 1, read: (v, at) => v.getUint8(at) },
};

/** Tensors of the evidence columns `<x>_specs` (JSON list of name, datatype, shape) and `<x>_bytes` as numbers by name. */
export function tensorsByName(specs: string, bytes: readonly Uint8Array[]): Record<string, number[]> {
  const parsed = JSON.parse(specs === '' ? '[]' : specs) as { name: string; datatype: string }[];
  const tensors: Record<string, number[]> = {};
  for (const [i, { name, datatype }] of parsed.entries()) {
    const raw = bytes[i];
    const reader = READERS[datatype];
    if (raw === undefined || reader === undefined) continue;
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const count = Math.floor(raw.byteLength / reader.size);
    tensors[name] = Array.from({ length: count }, (_, k) => reader.read(view, k * reader.size));
  }
  return tensors;
}
