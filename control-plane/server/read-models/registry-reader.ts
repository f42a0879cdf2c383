import { AssayError } from '@assay/domain/errors';
import type { RegistryReader } from '@assay/domain/ports/registry-reader';

/** Throws UNREACHABLE where no registry is configured. */
export function registryReader(reader: RegistryReader | undefined): RegistryReader {
  if (reader === undefined)
    throw new AssayError('UNREACHABLE', 'Cannot read the registry: none is configured');
  return reader;
}
