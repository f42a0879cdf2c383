import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryChoice } from '@assay/domain/registry-choice';
import type { ServedVersion } from '@assay/domain/route-plan';
import { BlobCache } from '@assay/registry-client/blob-cache';
import { RegistryClient } from '@assay/registry-client/registry-client';

/**
 * A version's file below the folder that model servers of this machine read. Our own registry may keep its bytes on S3 or
 * on another machine: then it is fetched by digest; the adapter of another MLflow server has brought it there already.
 * Throws NOT_FOUND, MODEL_DIGEST, UNREACHABLE.
 */
export const servedFiles = (choice: RegistryChoice, dir: string) => {
  const cache = choice.kind === 'assay' ? new BlobCache(new RegistryClient(choice), dir) : undefined;
  return async ({ path, digest }: ServedVersion): Promise<string> => {
    const file = join(dir, path);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    return isThere || digest === undefined || cache === undefined ? file : cache.fileOf(digest);
  };
};
