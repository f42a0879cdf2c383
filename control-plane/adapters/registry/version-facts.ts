import type { VersionFacts } from '@assay/domain/ports/model-registry';
import type { RegistryOptions } from '@assay/registry-client/http';
import { getVersionFacts } from '@assay/registry-client/version-facts';

const recordOf = <T>(pairs: readonly { readonly key: string; readonly value: T }[] = []): Record<string, T> =>
  Object.fromEntries(pairs.map((p) => [p.key, p.value]));

/** What any MLflow server knows of a version, beside its files. Throws NOT_FOUND. */
export async function versionFacts(
  options: RegistryOptions,
  name: string,
  number: string,
  files: VersionFacts['files'],
): Promise<VersionFacts> {
  const { version, run, model } = await getVersionFacts(options, name, number);
  const copied = /^models:\/+([^/]+)\/(\d+)$/.exec(version.source ?? '');
  return {
    description: version.description ?? '',
    modelDescription: model.description ?? '',
    modelTags: recordOf(model.tags),
    copiedFrom: copied === null ? null : `${copied[1]}/${copied[2]}`,
    files,
    run: run && {
      id: run.info.run_id,
      name: run.info.run_name ?? '',
      startedAtMs: run.info.start_time ?? 0,
      endedAtMs: run.info.end_time ?? null,
      params: recordOf(run.data.params),
      metrics: recordOf(run.data.metrics),
      tags: recordOf(run.data.tags),
      datasets: (run.inputs?.dataset_inputs ?? []).map(({ dataset: { name: set, digest } }) => ({
        name: set,
        digest,
      })),
    },
  };
}
