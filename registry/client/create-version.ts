import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';
import type { RegistryClient } from './registry-client.ts';

const PAUSES_MS = [100, 400, 1_600];

/**
 * One version of a model for a run, also where the answer gets lost: a real MLflow server answers 500 to callers that race for
 * a number, and may have counted them. Each attempt looks first whether the run has its version.
 */
export const createVersionOnce = async (
  client: RegistryClient,
  input: { model: string; source: string; runId: string; tags: Readonly<Record<string, string>> },
): Promise<string> => {
  const { model, source, runId, tags } = input;
  for (const pause of [0, ...PAUSES_MS]) {
    if (pause > 0) {
      await delay(pause);
      const made = (await client.searchModelVersions(`run_id = '${runId}'`)).find((v) => v.name === model);
      if (made !== undefined) return made.version;
    }
    try {
      return await client.createModelVersion(model, source, runId, tags);
    } catch (error) {
      if (!(error instanceof AssayError && error.code === 'UNREACHABLE')) throw error;
    }
  }
  throw new AssayError(
    'UNREACHABLE',
    `Cannot register a version of model "${model}": the registry gave no number in ${PAUSES_MS.length + 1} attempts`,
  );
};
