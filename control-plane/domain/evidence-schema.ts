/**
 * Columns of sealed evidence (DuckDB type names), one Parquet file a sealed segment and endpoint-date partition:
 * `evidence/<kind>/endpoint=<name>/date=<YYYY-MM-DD>/<server>-<sequence>.parquet` (zstd), beside each a
 * `<same name>.json` manifest {"file","kind","endpoint","date","rows","sha256","firstMs","lastMs","segment"} written last, atomically:
 * a Parquet file without its manifest is not there yet.
 * Written by model-servers, read by control-plane/adapters/duckdb.
 */
export const PREDICTION_COLUMNS = {
  decision_id: 'VARCHAR',
  role: 'VARCHAR',
  at_ms: 'BIGINT',
  endpoint: 'VARCHAR',
  family: 'VARCHAR',
  unit_key: 'VARCHAR',
  sticky: 'BOOLEAN',
  request_id: 'VARCHAR',
  model: 'VARCHAR',
  version: 'VARCHAR',
  digest: 'VARCHAR',
  arm: 'VARCHAR',
  experiment: 'VARCHAR',
  rollout: 'VARCHAR',
  reason: 'VARCHAR',
  propensity: 'DOUBLE',
  status: 'VARCHAR',
  latency_us: 'BIGINT',
  /** JSON list of trips: [{rule,kind,value,limit,action}]. */
  guardrails: 'VARCHAR',
  policy_digest: 'VARCHAR',
  route_version: 'BIGINT',
  runtime: 'VARCHAR',
  /** Serialized assay.events.v1.PredictionRecord's tensors as JSON [{name,datatype,shape}] plus the raw bytes in order. */
  input_specs: 'VARCHAR',
  input_bytes: 'BLOB[]',
  /** Answered tensors under their own names, then what the model gave, named `raw:<output>`. */
  output_specs: 'VARCHAR',
  output_bytes: 'BLOB[]',
  features: 'DOUBLE[]',
  served: 'MAP(VARCHAR, DOUBLE)',
} as const;

export const OUTCOME_COLUMNS = {
  outcome_id: 'VARCHAR',
  endpoint: 'VARCHAR',
  decision_id: 'VARCHAR',
  unit_key: 'VARCHAR',
  occurred_at_ms: 'BIGINT',
  received_at_ms: 'BIGINT',
  metrics: 'MAP(VARCHAR, DOUBLE)',
  labels: 'MAP(VARCHAR, DOUBLE)',
  period: 'BIGINT',
} as const;

export const EXPOSURE_COLUMNS = {
  exposure_id: 'VARCHAR',
  endpoint: 'VARCHAR',
  experiment: 'VARCHAR',
  unit_key: 'VARCHAR',
  arm: 'VARCHAR',
  occurred_at_ms: 'BIGINT',
  received_at_ms: 'BIGINT',
} as const;

/** Values of the `arm` column that are not an experiment's own arm names. */
export const ARM = {
  champion: 'champion',
  canary: 'canary',
  shadow: 'shadow',
  pinned: 'pinned',
  fallback: 'fallback',
} as const;

/** Values of `reason`: why this version answered. */
export const REASONS = [
  'champion',
  'canary',
  'experiment',
  'pinned',
  'fallback-champion',
  'fallback-default',
  'shadow',
] as const;
export type Reason = (typeof REASONS)[number];
