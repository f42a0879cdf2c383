import { EXPOSURE_COLUMNS, OUTCOME_COLUMNS, PREDICTION_COLUMNS } from '@assay/domain/evidence-schema';
import type {
  EvidenceRecord,
  ExposureRecord,
  GuardrailTrip,
  OutcomeRecord,
  PredictionRecord,
  TensorBytes,
} from '@assay/proto/gen/events/evidence_record';

export type Cell =
  | string
  | boolean
  | number
  | bigint
  | null
  | readonly number[]
  | readonly Uint8Array[]
  | Record<string, number>;
export type Row = Readonly<Record<string, Cell>>;
export type EvidenceKind = 'predictions' | 'outcomes' | 'exposures';

export const KIND_COLUMNS: Readonly<Record<EvidenceKind, Readonly<Record<string, string>>>> = {
  predictions: PREDICTION_COLUMNS,
  outcomes: OUTCOME_COLUMNS,
  exposures: EXPOSURE_COLUMNS,
};

export interface KindRow {
  readonly kind: EvidenceKind;
  readonly endpoint: string;
  /** Time by which it is filed: when the server saw it, not what a client's clock says. */
  readonly atMs: number;
  readonly row: Row;
}

/** A record as a row of its kind's columns. */
export function kindRow({ record }: EvidenceRecord): KindRow | undefined {
  switch (record?.$case) {
    case 'prediction': {
      const p = record.value;
      return { kind: 'predictions', endpoint: p.endpoint, atMs: Number(p.atMs), row: prediction(p) };
    }
    case 'outcome': {
      const o = record.value;
      return { kind: 'outcomes', endpoint: o.endpoint, atMs: Number(o.receivedAtMs), row: outcome(o) };
    }
    case 'exposure': {
      const x = record.value;
      return { kind: 'exposures', endpoint: x.endpoint, atMs: Number(x.receivedAtMs), row: exposure(x) };
    }
    case undefined:
      return undefined;
  }
}

/** Column `input_specs` or `output_specs`. */
export const tensorSpecs = (tensors: readonly TensorBytes[]): string =>
  JSON.stringify(tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(Number) })));

/** Column `guardrails`. */
export const tripsText = (trips: readonly GuardrailTrip[]): string => JSON.stringify(trips);

const prediction = (p: PredictionRecord): Row => ({
  decision_id: p.decisionId,
  role: p.role,
  at_ms: p.atMs,
  endpoint: p.endpoint,
  family: p.family,
  unit_key: p.unitKey,
  sticky: p.sticky,
  request_id: p.requestId,
  model: p.model,
  version: p.version,
  digest: p.digest,
  arm: p.arm,
  experiment: p.experiment,
  rollout: p.rollout,
  reason: p.reason,
  propensity: p.propensity,
  status: p.status,
  latency_us: p.latencyUs,
  guardrails: tripsText(p.guardrails),
  policy_digest: p.policyDigest,
  route_version: p.routeVersion,
  runtime: p.runtime,
  input_specs: tensorSpecs(p.inputs),
  input_bytes: p.inputs.map((t) => t.data),
  output_specs: tensorSpecs(p.outputs),
  output_bytes: p.outputs.map((t) => t.data),
  features: p.features,
  served: p.served,
});

const outcome = (o: OutcomeRecord): Row => ({
  outcome_id: o.outcomeId,
  endpoint: o.endpoint,
  decision_id: o.decisionId,
  unit_key: o.unitKey,
  occurred_at_ms: o.occurredAtMs,
  received_at_ms: o.receivedAtMs,
  metrics: o.metrics,
  labels: o.labels,
  period: o.period ?? null,
});

const exposure = (x: ExposureRecord): Row => ({
  exposure_id: x.exposureId,
  endpoint: x.endpoint,
  experiment: x.experiment,
  unit_key: x.unitKey,
  arm: x.arm,
  occurred_at_ms: x.occurredAtMs,
  received_at_ms: x.receivedAtMs,
});
