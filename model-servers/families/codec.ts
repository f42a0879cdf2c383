import type { Policy, Trip } from '@assay/domain/policy';
import type { ModelInput } from '../runtime/model.ts';
import type { WireTensor } from '../runtime/tensor.ts';

/** Numbers that a client was told: `values[r]` under `names[r]`; what goes beyond the names is in the tensors only. */
export interface ServedColumn {
  readonly names: readonly string[];
  readonly values: ArrayLike<number>;
}

/** What a client gets, and the same as numbers for analysis. */
export interface Answer {
  readonly outputs: readonly WireTensor[];
  readonly served: readonly ServedColumn[];
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

/** Row 0 has the plain name, row r `<name>_<r>`. Made once a column: the same list is told by its identity. */
export const rowNames = (column: string): readonly string[] =>
  Array.from({ length: LARGEST_SERVED_ROWS }, (_, r) => (r === 0 ? column : `${column}_${r}`));

export const input = (inputs: readonly WireTensor[], i: number): WireTensor => inputs[i] as WireTensor;

export const firstRow = (values: Float32Array, width: number): number[] =>
  Array.from(values.subarray(0, width));
