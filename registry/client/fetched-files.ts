import { access } from 'node:fs/promises';
import type { ServedVersion } from '@assay/domain/route-plan';
import { DigestCache } from './digest-cache.ts';
import type { RegistryOptions } from './http.ts';
import { RegistryClient } from './registry-client.ts';

/**
 * A served version's file: the one that is there, else its bytes, fetched by digest from Assay's registry, which may keep them
 * on S3 or on another machine. Throws NOT_FOUND, MODEL_DIGEST, UNREACHABLE, UNAUTHENTICATED.
 */
export const fetchedFiles = (options: RegistryOptions, root: string) => {
  const client = new RegistryClient(options);
  const cache = new DigestCache(root);
  return async (file: string, { digest }: Pick<ServedVersion, 'digest'>): Promise<string> => {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere || digest === undefined) return file;
    return cache.fileOf(digest, (fromByte) => client.downloadBlob(digest, fromByte));
  };
};
