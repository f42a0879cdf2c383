import type { AuditEntry } from './audit.ts';
import type { Autonomy } from './autonomy.ts';
import type { ModelCard } from './model-card.ts';
import type { SignatureFinding } from './model-check/signing-policy.ts';
import type { Stage } from './model-version.ts';
import type { MonitorStatus, StoredExperiment, TrackedVersion } from './ports/control-store.ts';
import type { VersionCheck, VersionFacts } from './ports/model-registry.ts';
import type { AliasChange } from './ports/registry-ledger.ts';
import type { TrackedRun } from './ports/registry-reader.ts';
import type { Release, ReleaseState } from './release.ts';
import type { EndpointRoute } from './route-plan.ts';

/** JSON bodies of the HTTP API's reads; server and UI share these types. */
export interface TrafficView {
  readonly model: string;
  readonly version: string;
  readonly arm: string;
  /** Answers a second over the last ten seconds, all servers. */
  readonly perSecond: number;
  readonly answered: number;
  readonly guarded: number;
  readonly failed: number;
}

export interface EndpointView {
  readonly name: string;
  readonly family: string;
  readonly owner: string;
  readonly autonomy: Autonomy;
  readonly profile: string;
  readonly health: 'serving' | 'no-champion' | 'no-server';
  readonly route: EndpointRoute | null;
  readonly traffic: readonly TrafficView[];
  readonly openRelease: Release | null;
  readonly monitor: MonitorStatus | null;
}

export interface ReleaseView {
  readonly release: Release;
  /** The workflow's own answer to "why": "soaking step 2 of 5, 14:02 left"; null when it has ended. */
  readonly why: string | null;
  readonly record: readonly AuditEntry[];
}

export interface ExperimentView extends StoredExperiment {
  readonly record: readonly AuditEntry[];
}

export interface ModelView {
  readonly name: string;
  readonly versions: readonly TrackedVersion[];
}

/** One alias at an instant: what the registry answered, and what the lifecycle said. */
export interface AliasAt {
  readonly alias: string;
  /** Null: it named nothing (any more). */
  readonly version: string | null;
  readonly sinceMs: number;
  readonly by: string;
  readonly why: string;
  /** `direct`: written past the API, and not to be trusted. */
  readonly origin: 'assay' | 'direct';
  /** For `champion` and `challenger`: what the lifecycle said, with its audit row. */
  readonly lifecycle: {
    readonly version: string | null;
    readonly sinceMs: number;
    readonly by: string | null;
    readonly why: string;
    readonly sequence: number | null;
  } | null;
}

/** Changes of a model's aliases, newest first. */
export interface AliasHistoryView {
  readonly model: string;
  /** False: the registry is another MLflow server, which keeps none. */
  readonly isKept: boolean;
  readonly changes: readonly AliasChange[];
}

export interface VersionAt {
  readonly version: string;
  readonly stage: Stage;
  readonly sinceMs: number;
  readonly by: string | null;
  readonly why: string;
  readonly sequence: number | null;
  /** State of its newest release at that instant. */
  readonly release: {
    readonly state: ReleaseState;
    readonly sinceMs: number;
    readonly by: string | null;
    readonly why: string;
    readonly sequence: number | null;
  } | null;
}

/** What was in force of a model at an instant, with who and why. */
export interface AsOfView {
  readonly model: string;
  /** False: the registry keeps no history of aliases, and what is told of them is what Assay did itself. */
  readonly hasAliasHistory: boolean;
  readonly atMs: number;
  readonly aliases: readonly AliasAt[];
  readonly versions: readonly VersionAt[];
}

export interface ModelVersionView {
  readonly tracked: TrackedVersion | null;
  readonly quarantined: boolean;
  readonly authors: readonly string[];
  readonly aliases: readonly string[];
  readonly endpoints: readonly { readonly name: string; readonly as: EndpointPart }[];
  readonly release: Release | null;
  /** What the registry made of its signature; null: it has no signing policy, or has not looked yet. */
  readonly signature: SignatureFinding | null;
  /** Lock of the environment that trained it; null: none lies beside the model. */
  readonly environment: EnvironmentLock | null;
  readonly card: ModelCard;
  readonly createdAtMs: number;
  readonly run: { readonly id: string; readonly name: string } | null;
  readonly files: VersionFacts['files'];
  /** The registry's look at the files; null: it does not look. */
  readonly check: VersionCheck | null;
  /** Version tag `assay.release`: where a request by alias stands, or why it was refused. */
  readonly releaseTag: string | null;
  /** What people approved of its release. */
  readonly approvals: readonly { readonly by: string; readonly atMs: number; readonly reason: string }[];
}

/** One version as it is compared with another. */
export interface ComparedVersion {
  readonly version: string;
  readonly digest: string | null;
  readonly sizeBytes: number | null;
  readonly createdBy: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number | string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly signature: unknown;
  readonly stage: string | null;
  readonly release: string | null;
}

export interface VersionComparison {
  readonly model: string;
  readonly versions: readonly [ComparedVersion, ComparedVersion];
  /** "stage", "metrics.auc", …: the two as text; null: it has none. */
  readonly rows: readonly {
    readonly what: string;
    readonly a: string | null;
    readonly b: string | null;
    readonly differs: boolean;
  }[];
}

/** A run, and the versions that came out of it. */
export interface TrackedRunView {
  readonly run: TrackedRun;
  readonly versions: readonly { readonly model: string; readonly version: string }[];
}

/** A model of the registry, tracked by the lifecycle or not. */
export interface RegisteredModelView {
  readonly name: string;
  readonly description: string | null;
  readonly owner: string | null;
  readonly family: string | null;
  /** Alias → version. */
  readonly aliases: Readonly<Record<string, string>>;
  /** By the lifecycle, not by an alias. */
  readonly champion: string | null;
  /** `stage` null: no release was ever asked for. */
  readonly newest: { readonly version: string; readonly stage: Stage | null } | null;
  readonly updatedAtMs: number;
}

export interface RegisteredVersionView {
  readonly version: string;
  readonly stage: Stage | null;
  readonly createdAtMs: number;
  readonly createdBy: string | null;
  readonly digest: string | null;
  readonly aliases: readonly string[];
  /** Its newest. */
  readonly release: Release | null;
  readonly runId: string | null;
  /** "pending", "ok", or "refused: …"; null: the registry did not look. */
  readonly check: string | null;
}

export interface EnvironmentLock {
  readonly path: string;
  /** Hex SHA-256. */
  readonly digest: string;
  /** Whether the training said the same digest when it registered; null: it said none. */
  readonly asTrained: boolean | null;
  /** `name==version`, in the order of the file. */
  readonly packages: readonly string[];
  readonly content: string;
}

export type EndpointPart = 'champion' | 'canary' | 'shadow' | 'experiment';

export interface ServerView {
  readonly id: string;
  readonly grpc: string;
  readonly http: string;
  readonly appliedVersion: number;
  readonly refused: string | null;
  readonly lastSeenMs: number;
}

/** Body of every server-sent event on /api/v1/events. */
export interface LiveEvent {
  readonly kind: 'audit' | 'routes' | 'traffic';
  readonly decision: string | null;
  readonly event: string;
  readonly atMs: number;
}
