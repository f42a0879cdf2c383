/** What the registry's own tables tell beyond MLflow's calls; adapters: our registry in the shared database. */

/** One change of an alias; `version` null: it was taken away. */
export interface AliasChange {
  readonly sequence: number;
  readonly model: string;
  readonly alias: string;
  readonly version: string | null;
  readonly atMs: number;
  /** `direct`: written past the registry's API. */
  readonly origin: 'assay' | 'direct';
  readonly by: string;
  readonly role: string;
  readonly why: string;
}

/** A data scientist moved `champion` or `challenger`: a release is asked for. */
export interface StoredAliasRequest {
  readonly id: number;
  readonly model: string;
  readonly version: string;
  readonly alias: string;
  readonly by: string;
  readonly role: string;
  readonly atMs: number;
  readonly endpoint: string;
  readonly snapshotDir: string;
}

/** Every read answers nothing while no registry has made its tables yet. */
export interface RegistryLedger {
  /** Whether the registry keeps who moved which alias when; another MLflow server does not. */
  readonly keepsHistory: boolean;
  /** Requests that nobody answered yet, oldest first. */
  waiting(): Promise<readonly StoredAliasRequest[]>;
  /** Twice is harmless. */
  answer(id: number, state: 'opened' | 'refused', text: string): Promise<void>;
  /** Writes down as direct changes what the trigger missed: the table differs from its own history then. */
  noteUnexplained(): Promise<void>;
  /** Direct changes after a sequence number, oldest first. */
  directChanges(after: number): Promise<readonly AliasChange[]>;
  /** What the gated aliases of all models name now; undefined: this registry keeps no ledger. */
  gatedAliases(): Promise<readonly { model: string; alias: string; version: string }[] | undefined>;
  /** Newest change of each alias of a model up to an instant. */
  aliasesAt(model: string, atMs: number): Promise<readonly AliasChange[]>;
  /** Newest changes of all aliases of a model, newest first. */
  changesOf(model: string, limit: number): Promise<readonly AliasChange[]>;
  /** Newest change of one alias, and the newest that came through the API. */
  newest(
    model: string,
    alias: string,
  ): Promise<{ readonly now: AliasChange | undefined; readonly trusted: AliasChange | undefined }>;
  /** Sets an alias (null: takes it away) if its newest change is still the one seen. Throws NOT_FOUND for a version that is gone. */
  putBack(seen: AliasChange, version: string | null, why: string): Promise<boolean>;
}
