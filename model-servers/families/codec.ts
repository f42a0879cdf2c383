import type { Policy, Trip } from '@assay/domain/policy';
import type { ModelInput } from '../runtime/model.ts';
import type { WireTensor } from '../runtime/tensor.ts';

/** What a client gets, and the same as numbers for analysis. */
export interface Answer {
  readonly outputs: readonly WireTensor[];
  readonly served: Record<string, number>;
  /** In the order of the family's featureNames. */
  readonly features: readonly number[];
}

/** A family's translation for one policy. `inputs` come checked, in the order of the family's requestInputs. */
export interface Codec {
  encode(inputs: readonly WireTensor[]): ModelInput;
  /** `raw`: the model's output, row-major. Guardrails that trip are pushed to `trips`. */
  decode(inputs: readonly WireTensor[], raw: Float32Array, trips: Trip[]): Answer;
  /** The family's constant answer when no model could answer. */
  fallback(inputs: readonly WireTensor[]): Answer;
}

export type MakeCodec = (policy: Policy) => Codec;

const LARGEST_SERVED_ROWS = 32;

/** Names of a column's rows, made once. */
const rowNames = new Map<string, readonly string[]>();

function namesOf(column: string): readonly string[] {
  let names = rowNames.get(column);
  if (names === undefined) {
    names = Array.from({ length: LARGEST_SERVED_ROWS }, (_, r) => (r === 0 ? column : `${column}_${r}`));
    rowNames.set(column, names);
  }
  return names;
}

/** Numbers of row 0 under the plain name, of row r as `<name>_<r>`; what goes beyond 32 rows is in the tensors only. */
export function servedRows(columns: Readonly<Record<string, ArrayLike<number>>>): Record<string, number> {
  const served: Record<string, number> = {};
  for (const [column, values] of Object.entries(columns)) {
    const names = namesOf(column);
    const rows = Math.min(values.length, LARGEST_SERVED_ROWS);
    for (let r = 0; r < rows; r++) served[names[r] as string] = values[r] as number;
  }
  return served;
}

export const input = (inputs: readonly WireTensor[], i: number): WireTensor => inputs[i] as WireTensor;

export const firstRow = (values: Float32Array, width: number): number[] =>
  Array.from(values.subarray(0, width));
