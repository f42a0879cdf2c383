import type { AuditEntry } from './audit.ts';
import { dataOf, type ModelCard } from './model-card.ts';
import type { RegisteredVersion, VersionFacts } from './ports/model-registry.ts';
import type { Release } from './release.ts';

export interface LineageNode {
  /** "dataset:…", "run:…", "version:…", "release:…", "endpoint:…" */
  readonly id: string;
  readonly kind: 'dataset' | 'run' | 'version' | 'release' | 'endpoint';
  readonly name: string;
  readonly digest: string | null;
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly relation:
    | 'trained on'
    | 'produced'
    | 'parent of'
    | 'judged by'
    | 'decided'
    | 'serves'
    | 'measured on';
  /** Audit row that shows the link, where a decision made it. */
  readonly sequence: number | null;
}

/** From data to decision: only links that a record shows. */
export interface Lineage {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

export interface LineageFacts {
  readonly registered: RegisteredVersion;
  readonly facts: VersionFacts;
  readonly parents: ModelCard['details']['parents'];
  readonly release: Release | null;
  /** The release's decision record, in order. */
  readonly record: readonly AuditEntry[];
  readonly endpoints: readonly { readonly name: string; readonly as: string }[];
}

/** Event of the record that ends a release. */
export const ENDS = ['release.promoted', 'release.rejected', 'release.rolled-back', 'release.aborted'];

export function lineageOf(given: LineageFacts): Lineage {
  const { registered, facts, parents, release, record, endpoints } = given;
  const version = `version:${registered.model}/${registered.version}`;
  const nodes: LineageNode[] = [
    {
      id: version,
      kind: 'version',
      name: `${registered.model}/${registered.version}`,
      digest: registered.onnx?.digest ?? null,
    },
  ];
  const edges: LineageEdge[] = [];
  const link = (
    from: string,
    to: string,
    relation: LineageEdge['relation'],
    sequence: number | null = null,
  ) => edges.push({ from, to, relation, sequence });
  const { run } = facts;
  const trained = run === null ? version : `run:${run.id}`;
  if (run !== null) {
    nodes.push({ id: trained, kind: 'run', name: run.name, digest: null });
    link(trained, version, 'produced');
  }
  for (const { name, digest } of dataOf(registered, facts)) {
    nodes.push({ id: `dataset:${name}@${digest}`, kind: 'dataset', name, digest });
    link(`dataset:${name}@${digest}`, trained, 'trained on');
  }
  for (const parent of parents) {
    nodes.push({ id: `version:${parent}`, kind: 'version', name: parent, digest: null });
    link(`version:${parent}`, version, 'parent of');
  }
  if (release !== null) {
    nodes.push({ id: `release:${release.id}`, kind: 'release', name: release.id, digest: null });
    const asked = record.findLast((e) => e.event === 'release.requested');
    link(version, `release:${release.id}`, 'judged by', asked?.sequence ?? null);
    const judged = record.findLast((e) => e.event === 'release.validating');
    const snapshot = snapshotIn(judged);
    if (judged !== undefined && snapshot !== null) {
      const id = `dataset:${snapshot}`;
      nodes.push({ id, kind: 'dataset', name: snapshot, digest: null });
      link(id, `release:${release.id}`, 'measured on', judged.sequence);
    }
    const ended = record.findLast((e) => ENDS.includes(e.event));
    nodes.push({
      id: `endpoint:${release.endpoint}`,
      kind: 'endpoint',
      name: release.endpoint,
      digest: null,
    });
    link(`release:${release.id}`, `endpoint:${release.endpoint}`, 'decided', ended?.sequence ?? null);
  }
  for (const { name } of endpoints) {
    if (!nodes.some((n) => n.id === `endpoint:${name}`))
      nodes.push({ id: `endpoint:${name}`, kind: 'endpoint', name, digest: null });
    link(version, `endpoint:${name}`, 'serves');
  }
  return { nodes, edges };
}

/** Folder of the snapshot whose hold-out rows judged the version, as the record says. */
export function snapshotIn(entry: AuditEntry | undefined): string | null {
  const evidence = entry?.evidence;
  if (typeof evidence !== 'object' || evidence === null || Array.isArray(evidence)) return null;
  const snapshot = (evidence as Readonly<Record<string, unknown>>).snapshot;
  return typeof snapshot === 'string' ? snapshot : null;
}
