import type { VersionFacts } from '@assay/domain/ports/model-registry';
import type { RegistryOptions } from './http.ts';
import { getJson, getVersionAndRun, type Pair, recordOf } from './version-rows.ts';

/** What any MLflow server knows of a version, beside its files. Throws NOT_FOUND. */
export async function versionFacts(
  options: RegistryOptions,
  name: string,
  number: string,
  files: VersionFacts['files'],
): Promise<VersionFacts> {
  const [{ version, run }, { registered_model: model }] = await Promise.all([
    getVersionAndRun(options, name, number),
    getJson<{ registered_model: { description?: string; tags?: readonly Pair[] } }>(
      options,
      'registered-models/get',
      { name },
    ),
  ]);
  const copied = /^models:\/+([^/]+)\/(\d+)$/.exec(version.source ?? '');
  return {
    createdAtMs: Number(version.creation_timestamp ?? 0),
    runId: version.run_id || null,
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
