import type { ModelFacts, StatedSignature } from '@assay/domain/model-check/facts';

/** What the reading child is asked. */
export interface InspectRequest {
  readonly folder: string;
  /** Model file relative to the folder; null: find it. */
  readonly file: string | null;
  readonly maxFileBytes: number;
}

export interface Inspected {
  readonly file: string | null;
  readonly sizeBytes: number;
  readonly signature: StatedSignature | null;
  /** What is wrong with MLmodel, or with the choice of the model file. */
  readonly layoutFault: string | null;
  /** null where the file was not read: too large, or `readFault`. */
  readonly facts: ModelFacts | null;
  readonly readFault: string | null;
}

export interface SampleRequest {
  readonly file: string;
  readonly inputs: ModelFacts['inputs'];
}

export interface SampleAnswer {
  readonly fault: string | null;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly finite: boolean;
  }[];
}
