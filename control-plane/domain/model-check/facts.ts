/** What an ONNX file says of itself, read without running it. */
export interface ModelFacts {
  readonly irVersion: number;
  readonly producer: string;
  /** Operator sets that the model and its functions import; '' is spelled ai.onnx. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  /** Operators used anywhere (subgraphs and functions too) that are no functions of the model itself. */
  readonly operators: readonly { readonly domain: string; readonly name: string; readonly count: number }[];
  readonly nodes: number;
  readonly inputs: readonly ValueFacts[];
  readonly outputs: readonly ValueFacts[];
  readonly external: readonly ExternalFacts[];
}

export interface ValueFacts {
  readonly name: string;
  /** `tensor`, or what else it is: sequence, map, optional, sparse-tensor, opaque, untyped. */
  readonly kind: string;
  /** Open Inference Protocol's name (FP32, INT64, BYTES …), or `type-<n>` for one that it has not. */
  readonly datatype: string;
  /** -1 is a free dimension; null: the file states no shape. */
  readonly shape: readonly number[] | null;
}

/** Weights kept beside the file. */
export interface ExternalFacts {
  readonly tensor: string;
  readonly location: string;
  readonly offset: number;
  /** null: to the end of the file. */
  readonly length: number | null;
  /** `inside` is a plain file below the model's folder; anything else says what is wrong. */
  readonly found: 'inside' | 'absolute' | 'climbs-out' | 'memory-address' | 'link' | 'no-file' | 'missing';
  readonly sizeBytes: number;
}

/** Signature as MLflow's MLmodel file states it. */
export interface StatedSignature {
  readonly inputs: StatedSide;
  readonly outputs: StatedSide | null;
}

export type StatedSide =
  | { readonly kind: 'tensors'; readonly tensors: readonly StatedTensor[] }
  | { readonly kind: 'columns'; readonly names: readonly string[] };

export interface StatedTensor {
  /** null where the only tensor has no name. */
  readonly name: string | null;
  readonly datatype: string;
  readonly shape: readonly number[];
}
