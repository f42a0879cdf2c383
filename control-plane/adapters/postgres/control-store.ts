import type { AuditEntry, AuditStatement } from '@assay/domain/audit';
import { AssayError } from '@assay/domain/errors';
import type {
  Change,
  ControlStore,
  Endpoint,
  TrackedVersion,
  Transition,
} from '@assay/domain/ports/control-store';
import type { Release } from '@assay/domain/release';
import { sql } from 'kysely';
import { applyChange, publishPlan } from './apply-change.ts';
import {
  appendAudit,
  databaseNowMs,
  entriesAfter,
  entriesOf,
  entryOfKey,
  lockWrites,
} from './audit-append.ts';
import { type Database, openDatabase, type Tx } from './database.ts';
import * as reads from './reads.ts';
import type { ReleaseRow } from './rows.ts';
import {
  readFeedCursor,
  readGatedAliases,
  readStates,
  recordStates,
  saveFeedCursor,
} from './state-history.ts';

/** Changes after which servers need another plan. */
const ROUTING: ReadonlySet<Change['kind']> = new Set(['route', 'first-route', 'withdraw']);

/** Control state in PostgreSQL: one transaction a transition, one writer at a time. */
export class PostgresControlStore implements ControlStore, AsyncDisposable {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  /** Migrates the schema first. Throws UNREACHABLE. */
  static async connect(url: string): Promise<PostgresControlStore> {
    return new PostgresControlStore(await openDatabase(url));
  }

  commit(transition: Transition): Promise<AuditEntry> {
    return this.#write(async (tx) => {
      const first = await entryOfKey(tx, transition.key);
      if (first !== undefined) return first;
      await refuseAborted(tx, transition);
      const atMs = await databaseNowMs(tx);
      for (const change of transition.changes) await applyChange(tx, change, transition.by, atMs);
      if (transition.changes.some((c) => ROUTING.has(c.kind))) await publishPlan(tx, atMs);
      const entry = await appendAudit(tx, transition.statement, transition.key, atMs);
      await recordStates(tx, transition.changes, entry);
      return entry;
    });
  }

  createEndpoint(endpoint: Omit<Endpoint, 'route'>, statement: AuditStatement): Promise<void> {
    const { name, family, owner, policy, autonomy, profile } = endpoint;
    return this.#write(async (tx) => {
      const { numAffectedRows } = await sql`insert into assay.endpoint
        values (${name}, ${family}, ${owner}, ${JSON.stringify(policy)}::jsonb, ${autonomy}, ${profile}, null)
        on conflict do nothing`.execute(tx);
      if (numAffectedRows === 0n)
        throw new AssayError('ALREADY_EXISTS', `Cannot create endpoint "${name}": it exists`);
      await appendAudit(tx, statement, null, await databaseNowMs(tx));
    });
  }

  trackVersion(
    version: Omit<TrackedVersion, 'stage' | 'updatedAtMs'>,
    statement: AuditStatement,
  ): Promise<void> {
    const { model, version: number, family, createdBy, digest } = version;
    return this.#write(async (tx) => {
      const atMs = await databaseNowMs(tx);
      const { numAffectedRows } = await sql`insert into assay.tracked_version
        values (${model}, ${number}, ${family}, 'registered', ${createdBy}, ${digest}, ${atMs})
        on conflict do nothing`.execute(tx);
      if (numAffectedRows === 0n) return;
      const entry = await appendAudit(tx, statement, null, atMs);
      await recordStates(tx, [{ kind: 'stage', model, version: number, stage: 'registered' }], entry);
    });
  }

  /** An audit row that changes nothing else, such as a reading of the log itself. */
  note(statement: AuditStatement): Promise<AuditEntry> {
    return this.#write(async (tx) => appendAudit(tx, statement, null, await databaseNowMs(tx)));
  }

  endpoint = (name: string) => reads.readEndpoint(this.#db, name);
  endpoints = () => reads.readEndpoints(this.#db);
  release = (id: string) => reads.readRelease(this.#db, id);
  releases = (filter: { endpoint?: string; open?: boolean }): Promise<readonly Release[]> =>
    reads.readReleases(this.#db, filter);
  experiment = (id: string) => reads.readExperiment(this.#db, id);
  experiments = () => reads.readExperiments(this.#db);
  version = (model: string, version: string) => reads.readVersion(this.#db, model, version);
  versions = (model?: string) => reads.readVersions(this.#db, model);
  monitors = () => reads.readMonitors(this.#db);
  auditOf = (decision: string) => entriesOf(this.#db, decision);
  auditAfter = (sequence: number, limit: number) => entriesAfter(this.#db, sequence, limit);
  outboxAfter = (id: number, limit: number) => reads.readOutbox(this.#db, id, limit);
  outboxHead = () => reads.readOutboxHead(this.#db);
  routePlan = () => reads.readRoutePlan(this.#db);
  statesAt = (model: string, atMs: number) => readStates(this.#db, model, atMs);
  gatedAliases = () => readGatedAliases(this.#db);
  feedCursor = (reader: string) => readFeedCursor(this.#db, reader);
  saveFeedCursor = (reader: string, position: number) => saveFeedCursor(this.#db, reader, position);

  /** Key of the keyed hash that makes unit keys; made once, never leaves for anything but model servers. */
  async unitKeySecret(): Promise<Buffer> {
    const { rows } = await sql<{
      value: Buffer;
    }>`select value from assay.setting where name = 'unit_key'`.execute(this.#db);
    const [row] = rows;
    if (row === undefined) throw new AssayError('NOT_FOUND', 'Cannot find the setting "unit_key"');
    return row.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.destroy();
  }

  #write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute(async (tx) => {
      await lockWrites(tx);
      return work(tx);
    });
  }
}

/** An aborted release says nothing more, not even a look without changes; only a new opening may follow. */
async function refuseAborted(tx: Tx, { statement, changes }: Transition): Promise<void> {
  if (changes.some((c) => c.kind === 'release-open')) return;
  const { rows } =
    await sql<ReleaseRow>`select * from assay.release where id = ${statement.decision}`.execute(tx);
  if (rows[0]?.state.kind === 'aborted')
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot record "${statement.event}" for ${statement.decision}: it was aborted`,
    );
}
