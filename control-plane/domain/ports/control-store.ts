import type { AuditEntry, AuditStatement } from '../audit.ts';
import type { Autonomy } from '../autonomy.ts';
import type { ProfileName } from '../delivery-profile.ts';
import type { RouteChange } from '../endpoint-route.ts';
import type { ExperimentLook, ExperimentPlan, ExperimentState } from '../experiment.ts';
import type { Family } from '../families/family.ts';
import type { Stage } from '../model-version.ts';
import type { Policy } from '../policy.ts';
import type { Release, ReleaseState } from '../release.ts';
import type { EndpointRoute, ServedVersion } from '../route-plan.ts';

/** What one transaction changes. All of it happens together with its audit row, or none of it. */
export type Change =
  | { readonly kind: 'release-open'; readonly release: Release }
  | { readonly kind: 'release'; readonly id: string; readonly state: ReleaseState }
  | { readonly kind: 'stage'; readonly model: string; readonly version: string; readonly stage: Stage }
  | { readonly kind: 'route'; readonly endpoint: string; readonly change: RouteChange }
  /** Takes a version out of wherever the route has it at that moment; where it gets no traffic nothing changes. */
  | {
      readonly kind: 'withdraw';
      readonly endpoint: string;
      readonly model: string;
      readonly version: string;
    }
  /** First champion of an endpoint that has none. */
  | { readonly kind: 'first-route'; readonly endpoint: string; readonly version: ServedVersion }
  | { readonly kind: 'autonomy'; readonly endpoint: string; readonly autonomy: Autonomy }
  | { readonly kind: 'experiment-open'; readonly plan: ExperimentPlan; readonly release: string | null }
  | { readonly kind: 'experiment'; readonly id: string; readonly state: ExperimentState }
  | { readonly kind: 'experiment-look'; readonly id: string; readonly look: ExperimentLook }
  | { readonly kind: 'monitor'; readonly endpoint: string; readonly status: MonitorStatus };

export interface Transition {
  /** Same key twice is one transition: the second answers what the first did. */
  readonly key: string;
  readonly statement: AuditStatement;
  readonly changes: readonly Change[];
  readonly by: 'person' | 'automation';
}

export interface Endpoint {
  readonly name: string;
  readonly family: Family;
  readonly owner: string;
  readonly policy: Policy;
  readonly autonomy: Autonomy;
  readonly profile: ProfileName;
  /** Absent until the first champion. */
  readonly route: EndpointRoute | undefined;
}

/** A version as Assay's lifecycle sees it; the registry holds the rest. */
export interface TrackedVersion {
  readonly model: string;
  readonly version: string;
  readonly family: Family;
  readonly stage: Stage;
  readonly createdBy: string;
  readonly digest: string;
  readonly updatedAtMs: number;
}

export interface FeatureDrift {
  readonly feature: string;
  readonly psi: number;
  readonly p: number;
  readonly drifted: boolean;
}

export interface MonitorStatus {
  readonly kind: 'watching' | 'drift' | 'alarm' | 'retraining' | 'no-data';
  readonly atMs: number;
  readonly reason: string;
  readonly features: readonly FeatureDrift[];
}

export interface StoredExperiment {
  readonly plan: ExperimentPlan;
  readonly state: ExperimentState;
  readonly release: string | null;
  readonly looks: readonly ExperimentLook[];
}

/** What was in force at an instant: the stage or release of a version, or what a gated alias ought to name. */
export interface StateAt {
  readonly kind: 'stage' | 'release' | 'alias';
  /** Null only for an alias that was taken away. */
  readonly version: string | null;
  readonly alias: string | null;
  /** A Stage, a ReleaseState, or null for an alias. */
  readonly state: unknown;
  readonly sinceMs: number;
  /** Audit row that says who and why; null for what was there before history was kept. */
  readonly sequence: number | null;
  readonly by: string | null;
  readonly event: string | null;
  readonly why: string;
}

/** What a gated alias ought to name by the lifecycle; null: nothing. */
export interface GovernedAlias {
  readonly model: string;
  readonly alias: string;
  readonly version: string | null;
  readonly sinceMs: number;
}

/** Control state: PostgreSQL. Every write appends to the audit log in the same transaction. */
export interface ControlStore {
  /** Throws TRANSITION_REFUSED, QUARANTINED, ENDPOINT_BUSY, NOT_FOUND; answers the audit row. */
  commit(transition: Transition): Promise<AuditEntry>;
  createEndpoint(endpoint: Omit<Endpoint, 'route'>, statement: AuditStatement): Promise<void>;
  /** Starts tracking a registered version; the same one twice is harmless. */
  trackVersion(
    version: Omit<TrackedVersion, 'stage' | 'updatedAtMs'>,
    statement: AuditStatement,
  ): Promise<void>;
  endpoint(name: string): Promise<Endpoint>;
  endpoints(): Promise<readonly Endpoint[]>;
  release(id: string): Promise<Release>;
  releases(filter: { endpoint?: string; open?: boolean }): Promise<readonly Release[]>;
  experiment(id: string): Promise<StoredExperiment>;
  version(model: string, version: string): Promise<TrackedVersion>;
  versions(model?: string): Promise<readonly TrackedVersion[]>;
  auditOf(decision: string): Promise<readonly AuditEntry[]>;
  /** Version of the newest route plan and its endpoints. */
  routePlan(): Promise<{ readonly version: number; readonly endpoints: readonly EndpointRoute[] }>;
}
