import type { TensorSpec } from '@assay/domain/families/family';

/** One input tensor of a request: row-major values; `shape` has no free dimension left. */
export interface PoolInput {
  readonly name: string;
  readonly datatype: TensorSpec['datatype'];
  readonly shape: readonly number[];
  /** BOOL as 0 and 1. */
  readonly data: readonly number[];
}

/** One request that the traffic can replay, and what the response model needs to answer it. */
export interface PoolRow<Row = unknown> {
  /** Names the row inside its pool; for forecasting `day/store`. */
  readonly key: string;
  /** As families/<f>.ts requestInputs names them. */
  readonly inputs: readonly PoolInput[];
  readonly row: Row;
}

/** What was served, by response output name (families/<f>.ts responseOutputs), BOOL as 0 and 1. */
export type ServedAnswer = Readonly<Record<string, readonly number[]>>;

/** Values of one outcome: metrics by family metric name, labels as the trainer contract's label columns. */
export interface DrawnOutcome {
  readonly metrics: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, number>>;
}
