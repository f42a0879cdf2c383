import { AssayError } from '@assay/domain/errors';
import type {
  Endpoint,
  MonitorStatus,
  StoredExperiment,
  TrackedVersion,
} from '@assay/domain/ports/control-store';
import type { LiveEvent } from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import type { EndpointRoute } from '@assay/domain/route-plan';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import {
  type EndpointRow,
  type ExperimentRow,
  type ReleaseRow,
  toEndpoint,
  toExperiment,
  toRelease,
  toVersion,
  type VersionRow,
} from './rows.ts';

/** The one row of a query by name. Throws NOT_FOUND. */
function only<T>(rows: readonly T[], what: string, name: string): T {
  const [row] = rows;
  if (row === undefined) throw new AssayError('NOT_FOUND', `Cannot find ${what} "${name}"`);
  return row;
}

export async function readEndpoint(db: Database, name: string): Promise<Endpoint> {
  const { rows } = await sql<EndpointRow>`select * from assay.endpoint where name = ${name}`.execute(db);
  return toEndpoint(only(rows, 'endpoint', name));
}

export async function readEndpoints(db: Database): Promise<readonly Endpoint[]> {
  const { rows } = await sql<EndpointRow>`select * from assay.endpoint order by name`.execute(db);
  return rows.map(toEndpoint);
}

export async function readRelease(db: Database, id: string): Promise<Release> {
  const { rows } = await sql<ReleaseRow>`select * from assay.release where id = ${id}`.execute(db);
  return toRelease(only(rows, 'release', id));
}

export async function readReleases(
  db: Database,
  filter: { endpoint?: string; open?: boolean },
): Promise<readonly Release[]> {
  const endpoint = filter.endpoint ?? null;
  const isOpen = filter.open ?? null;
  const { rows } = await sql<ReleaseRow>`select * from assay.release
    where (${endpoint}::text is null or endpoint = ${endpoint})
      and (${isOpen}::boolean is null or is_open = ${isOpen})
    order by requested_at_ms desc, id`.execute(db);
  return rows.map(toRelease);
}

const EXPERIMENTS = sql`select e.*, coalesce((select json_agg(l.look order by l.n)
  from assay.experiment_look l where l.experiment = e.id), '[]'::json) as looks from assay.experiment e`;

export async function readExperiment(db: Database, id: string): Promise<StoredExperiment> {
  const { rows } = await sql<ExperimentRow>`${EXPERIMENTS} where e.id = ${id}`.execute(db);
  return toExperiment(only(rows, 'experiment', id));
}

export async function readExperiments(db: Database): Promise<readonly StoredExperiment[]> {
  const { rows } = await sql<ExperimentRow>`${EXPERIMENTS} order by e.id`.execute(db);
  return rows.map(toExperiment);
}

export async function readVersion(db: Database, model: string, version: string): Promise<TrackedVersion> {
  const { rows } =
    await sql<VersionRow>`select * from assay.tracked_version where model = ${model} and version = ${version}`.execute(
      db,
    );
  return toVersion(only(rows, 'model version', `${model}/${version}`));
}

export async function readVersions(db: Database, model?: string): Promise<readonly TrackedVersion[]> {
  const wanted = model ?? null;
  const { rows } = await sql<VersionRow>`select * from assay.tracked_version
    where ${wanted}::text is null or model = ${wanted} order by model, length(version), version`.execute(db);
  return rows.map(toVersion);
}

export async function readMonitors(db: Database): Promise<ReadonlyMap<string, MonitorStatus>> {
  const { rows } = await sql<{
    endpoint: string;
    status: MonitorStatus;
  }>`select * from assay.monitor_status`.execute(db);
  return new Map(rows.map((row) => [row.endpoint, row.status]));
}

export interface StoredPlan {
  readonly version: number;
  readonly endpoints: readonly EndpointRoute[];
}

export async function readRoutePlan(db: Database): Promise<StoredPlan> {
  const { rows } = await sql<{ version: string; endpoints: EndpointRoute[] }>`
    select version, endpoints from assay.route_plan order by version desc limit 1`.execute(db);
  return { version: Number(rows[0]?.version ?? 0), endpoints: rows[0]?.endpoints ?? [] };
}

export interface OutboxEvent extends LiveEvent {
  readonly id: number;
}

/** What happened after a number of the outbox, in order. */
export async function readOutbox(
  db: Database,
  after: number,
  limit: number,
): Promise<readonly OutboxEvent[]> {
  const { rows } = await sql<{ id: string; decision: string | null; event: string; at_ms: string }>`
    select id, decision, event, at_ms from assay.outbox where id > ${after} order by id limit ${limit}`.execute(
    db,
  );
  return rows.map((row) => ({
    id: Number(row.id),
    kind: 'audit',
    decision: row.decision,
    event: row.event,
    atMs: Number(row.at_ms),
  }));
}

export async function readOutboxHead(db: Database): Promise<number> {
  const { rows } = await sql<{ id: string }>`select coalesce(max(id), 0) as id from assay.outbox`.execute(db);
  return Number(rows[0]?.id ?? 0);
}
