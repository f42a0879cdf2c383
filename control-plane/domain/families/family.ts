import type { MetricSpec } from '../metric.ts';
import type { Policy } from '../policy.ts';

export const FAMILY_NAMES = ['ranking', 'forecasting', 'pricing', 'bidding', 'vision'] as const;
export type Family = (typeof FAMILY_NAMES)[number];

/** A tensor of the model's signature; -1 is a free dimension. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: 'FP32' | 'FP64' | 'INT64' | 'BOOL' | 'BYTES';
  readonly shape: readonly number[];
}

/** How good a model is on held-out rows, before any traffic. */
export interface QualitySpec {
  /** Key in metrics.json and in the evaluation that Assay makes itself. */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly label: string;
}

/** What shadow outcomes are held against before a canary may start; computed on the candidate's own shadow answers. */
export interface ShadowCheck {
  readonly name: string;
  readonly label: string;
  /** `at-most`: |value| ≤ limit. */
  readonly limit: number;
}

/** Everything about a family that does not need a runtime. Codecs live in model-servers/families, trainers in workflows/trainers. */
export interface FamilySpec {
  readonly family: Family;
  /** Default endpoint and registered model of the sample world. */
  readonly endpoint: string;
  readonly model: string;
  /** What clients send. */
  readonly requestInputs: readonly TensorSpec[];
  /** What clients get. */
  readonly responseOutputs: readonly TensorSpec[];
  /** What the ONNX model takes and gives. */
  readonly modelInputs: readonly TensorSpec[];
  readonly modelOutputs: readonly TensorSpec[];
  /** Names of PredictionRecord.features, in order. */
  readonly featureNames: readonly string[];
  readonly quality: QualitySpec;
  readonly northStar: MetricSpec;
  /** Metrics watched in a canary; a canary that worsens one is rolled back. */
  readonly guardrails: readonly MetricSpec[];
  readonly shadowChecks: readonly ShadowCheck[];
  readonly policy: Policy;
  readonly analysis: 'ab' | 'synthetic-control';
  /** Smallest effect of interest on the north star, in its unit. */
  readonly smallestEffect: number;
}
