import { AssayError } from '@assay/domain/errors';
import type { TensorSpec } from '@assay/domain/families/family';
import type { ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';

type Cell = number | bigint | boolean;
export type Column = readonly (Cell | readonly Cell[])[];

/** Row-major little-endian bytes of a tensor, and its shape. Throws INPUT_SHAPE. */
export function encode(
  spec: TensorSpec,
  column: Column | undefined,
): { readonly shape: readonly bigint[]; readonly data: Buffer } {
  const rows = column?.length ?? 0;
  const shape = spec.shape.map((d) => (d === -1 ? rows : d));
  const cells = (column ?? []).flat() as readonly Cell[];
  const wanted = shape.reduce((n, d) => n * d, 1);
  if (rows === 0 || cells.length !== wanted)
    throw new AssayError(
      'INPUT_SHAPE',
      `Cannot send input "${spec.name}": ${cells.length} values in ${rows} rows are not of shape [${spec.shape}]`,
      { field: spec.name },
    );
  return { shape: shape.map(BigInt), data: bytesOf(spec.datatype, cells) };
}

function bytesOf(datatype: TensorSpec['datatype'], cells: readonly Cell[]): Buffer {
  if (datatype === 'INT64') return Buffer.from(BigInt64Array.from(cells.map((c) => BigInt(c))).buffer);
  if (datatype === 'BOOL') return Buffer.from(cells.map((c) => (c ? 1 : 0)));
  return Buffer.from(Float32Array.from(cells.map(Number)).buffer);
}

/** Values of the raw outputs by name; INT64 as bigints, so that ids stay exact. */
export function decode({ outputs, rawOutputContents }: ModelInferResponse): Record<string, readonly Cell[]> {
  return Object.fromEntries(
    outputs.map(({ name, datatype }, i) => {
      const bytes = Uint8Array.from(rawOutputContents[i] ?? []);
      if (datatype === 'INT64') return [name, [...new BigInt64Array(bytes.buffer)]];
      if (datatype === 'BOOL') return [name, [...bytes].map((b) => b !== 0)];
      return [name, [...new Float32Array(bytes.buffer)]];
    }),
  );
}
