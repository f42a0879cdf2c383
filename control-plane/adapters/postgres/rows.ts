import type { Autonomy } from '@assay/domain/autonomy';
import type { ProfileName } from '@assay/domain/delivery-profile';
import type { ExperimentLook, ExperimentPlan, ExperimentState } from '@assay/domain/experiment';
import type { Family } from '@assay/domain/families/family';
import type { Stage } from '@assay/domain/model-version';
import type { Policy } from '@assay/domain/policy';
import type { Endpoint, StoredExperiment, TrackedVersion } from '@assay/domain/ports/control-store';
import type { Release, ReleaseState } from '@assay/domain/release';
import type { EndpointRoute } from '@assay/domain/route-plan';

/** Rows as the driver answers them: bigint columns are texts, jsonb columns are values. */
export interface EndpointRow {
  readonly name: string;
  readonly family: Family;
  readonly owner: string;
  readonly policy: Policy;
  readonly autonomy: Autonomy;
  readonly profile: ProfileName;
  readonly route: EndpointRoute | null;
}

export const toEndpoint = (row: EndpointRow): Endpoint => ({ ...row, route: row.route ?? undefined });

export interface ReleaseRow {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly endpoint: string;
  readonly family: string;
  readonly profile: string;
  readonly requested_by: string;
  readonly requested_at_ms: string;
  readonly state: ReleaseState;
}

export const toRelease = (row: ReleaseRow): Release => ({
  id: row.id,
  model: row.model,
  version: row.version,
  endpoint: row.endpoint,
  family: row.family,
  profile: row.profile,
  requestedBy: row.requested_by,
  requestedAtMs: Number(row.requested_at_ms),
  state: row.state,
});

export interface VersionRow {
  readonly model: string;
  readonly version: string;
  readonly family: Family;
  readonly stage: Stage;
  readonly created_by: string;
  readonly digest: string;
  readonly updated_at_ms: string;
}

export const toVersion = (row: VersionRow): TrackedVersion => ({
  model: row.model,
  version: row.version,
  family: row.family,
  stage: row.stage,
  createdBy: row.created_by,
  digest: row.digest,
  updatedAtMs: Number(row.updated_at_ms),
});

export interface ExperimentRow {
  readonly id: string;
  readonly plan: ExperimentPlan;
  readonly state: ExperimentState;
  readonly release: string | null;
  readonly looks: readonly ExperimentLook[];
}

export const toExperiment = ({ plan, state, release, looks }: ExperimentRow): StoredExperiment => ({
  plan,
  state,
  release,
  looks,
});
