import type { AuditEntry } from '@assay/domain/audit';
import { ENDS, type LineageFacts, snapshotIn } from '@assay/domain/lineage';
import { dataOf } from '@assay/domain/model-card';
import { hasEnded } from '@assay/domain/release';
import { sha256Hex } from '@assay/domain/sha256';

/** OpenLineage 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json), the part that we write. */
export interface OpenLineageEvent {
  readonly eventType: 'START' | 'RUNNING' | 'COMPLETE' | 'ABORT' | 'FAIL';
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string; readonly facets?: Readonly<Record<string, Facet>> };
  readonly job: { readonly namespace: string; readonly name: string };
  readonly inputs: readonly OpenLineageDataset[];
  readonly outputs: readonly OpenLineageDataset[];
}

export interface OpenLineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets?: Readonly<Record<string, Facet>>;
}

interface Facet {
  readonly _producer: string;
  readonly _schemaURL: string;
  readonly [key: string]: unknown;
}

const PRODUCER = 'urn:assay:control-plane';
const SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
const VERSION_FACET =
  'https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet';
const DECISION_FACET = 'urn:assay:schema:decision-run-facet:1';

/** Training and release of a version as run events, oldest first. What never started or has no time has no event. */
export function openLineageEvents(given: LineageFacts): readonly OpenLineageEvent[] {
  return [...trainingEvents(given), ...releaseEvents(given)].toSorted((a, b) =>
    a.eventTime < b.eventTime ? -1 : a.eventTime > b.eventTime ? 1 : 0,
  );
}

const dataset = (namespace: string, name: string, version: string | null): OpenLineageDataset => ({
  namespace: `assay/${namespace}`,
  name,
  ...(version !== null && {
    facets: { version: { _producer: PRODUCER, _schemaURL: VERSION_FACET, datasetVersion: version } },
  }),
});

const event = (
  eventType: OpenLineageEvent['eventType'],
  atMs: number,
  rest: Pick<OpenLineageEvent, 'run' | 'job' | 'inputs' | 'outputs'>,
): OpenLineageEvent => ({
  eventType,
  eventTime: new Date(atMs).toISOString(),
  producer: PRODUCER,
  schemaURL: SCHEMA,
  ...rest,
});

function trainingEvents({ registered, facts, parents }: LineageFacts): readonly OpenLineageEvent[] {
  const { run } = facts;
  if (run === null || run.startedAtMs === 0) return [];
  const rest = {
    run: { runId: uuidOf(run.id) },
    job: { namespace: 'assay', name: `train/${registered.model}` },
    inputs: [
      ...dataOf(registered, facts).map((d) => dataset('data', d.name, d.digest)),
      ...parents.map((p) =>
        dataset('models', p.slice(0, p.lastIndexOf('/')), p.slice(p.lastIndexOf('/') + 1)),
      ),
    ],
    outputs: [dataset('models', registered.model, registered.version)],
  };
  const start = event('START', run.startedAtMs, rest);
  return run.endedAtMs === null ? [start] : [start, event('COMPLETE', run.endedAtMs, rest)];
}

const END_TYPE = { champion: 'COMPLETE', rejected: 'FAIL', 'rolled-back': 'FAIL', aborted: 'ABORT' } as const;

function releaseEvents({ registered, release, record }: LineageFacts): readonly OpenLineageEvent[] {
  if (release === null) return [];
  const since = record.filter((e) => e.atMs >= release.requestedAtMs);
  const asked = since.find((e) => e.event === 'release.requested');
  const judged = snapshotIn(since.findLast((e) => e.event === 'release.validating'));
  const ended = since.findLast((e) => ENDS.includes(e.event));
  const rest = (at: AuditEntry | undefined) => ({
    run: {
      runId: uuidOf(sha256Hex(`${release.id}@${release.requestedAtMs}`)),
      ...(at !== undefined && { facets: { assay_decision: decisionFacet(at) } }),
    },
    job: { namespace: 'assay', name: `release/${registered.model}` },
    inputs: [
      dataset('models', registered.model, registered.version),
      ...(judged === null ? [] : [dataset('data', judged, null)]),
    ],
    outputs: release.state.kind === 'champion' ? [dataset('endpoints', release.endpoint, null)] : [],
  });
  const start = event('START', asked?.atMs ?? release.requestedAtMs, { ...rest(asked), outputs: [] });
  if (hasEnded(release.state) && ended !== undefined)
    return [start, event(END_TYPE[release.state.kind as keyof typeof END_TYPE], ended.atMs, rest(ended))];
  const newest = since.at(-1);
  return newest === undefined ? [start] : [start, event('RUNNING', newest.atMs, rest(newest))];
}

/** Points at the audit row on which the event rests. */
const decisionFacet = (e: AuditEntry): Facet => ({
  _producer: PRODUCER,
  _schemaURL: DECISION_FACET,
  decision: e.decision,
  event: e.event,
  actor: `${e.actor.kind} ${e.actor.id}`,
  reason: e.reason,
  sequence: e.sequence,
  hash: e.hash,
});

/** OpenLineage wants a UUID: the first 32 hex digits in its shape (MLflow's run ids are such digits already). */
const uuidOf = (hex: string): string => {
  const digits = /^[0-9a-f]{32}/.exec(hex)?.[0] ?? sha256Hex(hex).slice(0, 32);
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, digits);
};
