import type { AuditEntry } from './audit.ts';
import type { Autonomy } from './autonomy.ts';
import type { MonitorStatus, StoredExperiment, TrackedVersion } from './ports/control-store.ts';
import type { Release } from './release.ts';
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
