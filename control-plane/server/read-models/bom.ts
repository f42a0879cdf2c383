import { AssayError } from '@assay/domain/errors';
import { type BomInput, lockAmong } from '@assay/domain/ml-bom';
import type { Deps } from '../deps.ts';

/** What the bill of materials of a version is written from. Throws NOT_FOUND, UNREACHABLE. */
export async function bomFacts(
  { registry }: Pick<Deps, 'registry'>,
  model: string,
  version: string,
): Promise<BomInput> {
  if (registry === undefined)
    throw new AssayError('UNREACHABLE', `Cannot write the bill of ${model}/${version}: no registry`);
  const [{ createdBy, tags }, { createdAtMs, runId, files }] = await Promise.all([
    registry.version(model, version),
    registry.facts(model, version),
  ]);
  const lock = lockAmong(files);
  const requirements = lock === undefined ? null : await registry.artifactText(model, version, lock.path);
  return {
    name: model,
    version,
    createdAt: new Date(createdAtMs).toISOString(),
    createdBy,
    runId: runId ?? '',
    tags,
    files,
    requirements,
  };
}
