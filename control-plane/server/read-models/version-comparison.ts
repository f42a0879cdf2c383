import { AssayError } from '@assay/domain/errors';
import type { ComparedVersion, VersionComparison } from '@assay/domain/read-models';
import type { Deps } from '../deps.ts';
import { modelVersionView } from './model-version-view.ts';

type Sources = Pick<Deps, 'store' | 'registry'>;

/** Two versions of a model side by side. Throws NOT_FOUND, UNREACHABLE. */
export async function versionComparison(
  deps: Sources,
  model: string,
  version: string,
  other: string,
): Promise<VersionComparison> {
  const [a, b] = await Promise.all([compared(deps, model, version), compared(deps, model, other)]);
  return { model, versions: [a, b], rows: rowsOf(a, b) };
}

async function compared(deps: Sources, model: string, version: string): Promise<ComparedVersion> {
  const { registry } = deps;
  if (registry === undefined)
    throw new AssayError('UNREACHABLE', `Cannot compare ${model}/${version}: no registry is configured`);
  const [{ card, tracked, release }, registered, facts] = await Promise.all([
    modelVersionView(deps, model, version),
    registry.version(model, version),
    registry.facts(model, version),
  ]);
  return {
    version,
    digest: registered.onnx?.digest ?? null,
    sizeBytes: registered.onnx?.sizeBytes ?? null,
    createdBy: registered.createdBy,
    params: facts.run?.params ?? {},
    metrics: facts.run?.metrics ?? {},
    tags: registered.tags,
    signature: card.signature,
    stage: tracked?.stage ?? null,
    release: release?.state.kind ?? null,
  };
}

const shown = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);

function rowsOf(a: ComparedVersion, b: ComparedVersion): VersionComparison['rows'] {
  const row = (what: string, left: unknown, right: unknown) => ({
    what,
    a: shown(left),
    b: shown(right),
    differs: shown(left) !== shown(right),
  });
  const each = (group: 'params' | 'metrics' | 'tags') =>
    [...new Set([...Object.keys(a[group]), ...Object.keys(b[group])])]
      .sort()
      .map((key) => row(`${group}.${key}`, valueAt(a[group], key), valueAt(b[group], key)));
  return [
    row('stage', a.stage, b.stage),
    row('release', a.release, b.release),
    row('created by', a.createdBy, b.createdBy),
    row('digest', a.digest, b.digest),
    row('bytes', a.sizeBytes, b.sizeBytes),
    row('signature', a.signature, b.signature),
    ...each('metrics'),
    ...each('params'),
    ...each('tags'),
  ];
}

/** A key such as "constructor" is no key of an object that lacks it. */
const valueAt = (record: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;
