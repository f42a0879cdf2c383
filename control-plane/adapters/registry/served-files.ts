import { join } from 'node:path';
import type { RegistryChoice } from '@assay/domain/registry-choice';
import type { ServedVersion } from '@assay/domain/route-plan';
import { fetchedFiles } from '@assay/registry-client/fetched-files';

/**
 * A version's file below the folder that model servers of this machine read. From our own registry it is fetched by digest
 * where it is not there; the adapter of another MLflow server has brought it already. Throws as `fetchedFiles`.
 */
export const servedFiles = (choice: RegistryChoice, dir: string) => {
  const fetched = choice.kind === 'assay' ? fetchedFiles(choice, dir) : undefined;
  return async (version: ServedVersion): Promise<string> => {
    const file = join(dir, version.path);
    return fetched === undefined ? file : fetched(file, version);
  };
};
