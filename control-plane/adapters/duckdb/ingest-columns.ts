import type { EvidenceKind } from './sealed-files.ts';

interface Columns {
  readonly table: string;
  /** Select list over the Parquet columns of control-plane/domain/evidence-schema.ts. */
  readonly staged: string;
  readonly insert: (table: string) => string;
}

/** What looks need of a row. Tensor bytes stay on disk: they are most of the volume and only exports read them. */
export const COLUMNS: Readonly<Record<EvidenceKind, Columns>> = {
  predictions: {
    table: `decision_id VARCHAR, shadow BOOLEAN, ok BOOLEAN, at_ms BIGINT, unit_key VARCHAR, model VARCHAR,
      version VARCHAR, arm VARCHAR, experiment VARCHAR, rollout VARCHAR, propensity DOUBLE, latency_us BIGINT,
      tripped BOOLEAN,
      features DOUBLE[], served MAP(VARCHAR, DOUBLE)`,
    staged: `decision_id, role = 'shadow' AS shadow, status = 'OK' AS ok, at_ms, unit_key, model, version, arm,
      coalesce(experiment, '') AS experiment, coalesce(rollout, '') AS rollout, propensity, latency_us,
      coalesce(guardrails, '') NOT IN ('', '[]') AS tripped, features, served`,
    insert: (table) => `INSERT INTO ${table} SELECT * FROM staged`,
  },
  // Outcomes come at least once; the first receipt of an id counts.
  outcomes: {
    table: `outcome_id VARCHAR, decision_id VARCHAR, unit_key VARCHAR, occurred_at_ms BIGINT,
      received_at_ms BIGINT, metrics MAP(VARCHAR, DOUBLE), labels MAP(VARCHAR, DOUBLE), period BIGINT`,
    staged: `outcome_id, coalesce(decision_id, '') AS decision_id, coalesce(unit_key, '') AS unit_key,
      occurred_at_ms, received_at_ms, metrics, labels, period`,
    insert: (table) => `INSERT INTO ${table}
      SELECT * FROM staged s WHERE NOT EXISTS (SELECT 1 FROM ${table} t WHERE t.outcome_id = s.outcome_id)
      QUALIFY row_number() OVER (PARTITION BY outcome_id ORDER BY received_at_ms) = 1`,
  },
};
