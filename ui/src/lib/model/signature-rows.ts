import type { ModelCard } from '@assay/domain/model-card';

/** One tensor or column of a signature. */
export interface SignatureRow {
  readonly side: 'input' | 'output';
  readonly name: string;
  readonly type: string;
  /** Batch first; "any" where it may vary. */
  readonly shape: string;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Assay's own tensors (`datatype`, `shape`) and MLflow's columns and tensor specs, one a row; undefined for what is written in
 * another way.
 */
export function signatureRows(signature: ModelCard['signature']): readonly SignatureRow[] | undefined {
  if (signature === null) return undefined;
  const rows = (['input', 'output'] as const).map((side) => sideRows(side, signature[`${side}s`]));
  return rows.some((r) => r === undefined) ? undefined : rows.flatMap((r) => r ?? []);
}

function sideRows(side: SignatureRow['side'], entries: unknown): readonly SignatureRow[] | undefined {
  if (entries === null || entries === undefined) return [];
  if (!Array.isArray(entries) || !entries.every(isFields)) return undefined;
  return entries.map((entry: Fields, i) => {
    const spec = isFields(entry['tensor-spec']) ? entry['tensor-spec'] : entry;
    return {
      side,
      name: typeof entry.name === 'string' ? entry.name : `${side} ${i + 1}`,
      type: String(spec.datatype ?? spec.dtype ?? entry.type ?? 'not said'),
      shape: shapeText(spec.shape),
    };
  });
}

const shapeText = (shape: unknown): string =>
  Array.isArray(shape) ? shape.map((n) => (n === -1 ? 'any' : String(n))).join(' × ') : 'a column';
