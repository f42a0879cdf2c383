import type { AuditEntry, AuditStatement } from '@assay/domain/audit';
import type {
  ControlStore,
  GovernedAlias,
  MonitorStatus,
  StateAt,
  StoredExperiment,
} from '@assay/domain/ports/control-store';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { RegistryLedger } from '@assay/domain/ports/registry-ledger';
import type { RegistryReader } from '@assay/domain/ports/registry-reader';
import type { Workflows } from '@assay/domain/ports/workflows';
import type { LiveEvent } from '@assay/domain/read-models';
import type { EventFeed } from './event-feed.ts';
import type { Identities } from './identities.ts';
import type { LiveServers } from './read-models/live-servers.ts';

export interface OutboxEvent extends LiveEvent {
  readonly id: number;
}

/** What screens and the feed read besides the control store's own queries. */
export interface ServerStore extends ControlStore {
  experiments(): Promise<readonly StoredExperiment[]>;
  monitors(): Promise<ReadonlyMap<string, MonitorStatus>>;
  note(statement: AuditStatement): Promise<AuditEntry>;
  auditAfter(sequence: number, limit: number): Promise<readonly AuditEntry[]>;
  outboxAfter(id: number, limit: number): Promise<readonly OutboxEvent[]>;
  outboxHead(): Promise<number>;
  unitKeySecret(): Promise<Uint8Array>;
  /** What was in force of a model at an instant. */
  statesAt(model: string, atMs: number): Promise<readonly StateAt[]>;
  /** What gated aliases ought to name now. */
  gatedAliases(): Promise<readonly GovernedAlias[]>;
  feedCursor(reader: string): Promise<number>;
  saveFeedCursor(reader: string, position: number): Promise<void>;
}

export interface Deps {
  readonly store: ServerStore;
  readonly workflows: Workflows;
  /** Absent where no registry is configured: then only versions that are tracked already can be released. */
  readonly registry: ModelRegistry | undefined;
  /** The registry's own tables in the shared database; absent where another registry is used. */
  readonly ledger?: RegistryLedger;
  /** Experiments, runs and files of the registry; absent where none is configured. */
  readonly reader?: RegistryReader;
  readonly identities: Identities;
  readonly servers: LiveServers;
  readonly feed: EventFeed;
  readonly uiDir: string | undefined;
}
