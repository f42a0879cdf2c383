import { AssayError } from '@assay/domain/errors';
import { assertMay } from '@assay/domain/roles';
import type { Access } from './context.ts';

const PREFIX = 'Bearer ';

/** May the bearer of this header predict? A wrong token is refused even where none is needed. */
export function assertMayPredict(access: Access, header: string | undefined): void {
  if (header === undefined) {
    if (access.required)
      throw new AssayError('UNAUTHENTICATED', 'Cannot answer: the request carries no bearer token');
    return;
  }
  const identity = header.startsWith(PREFIX) ? access.identities.get(header.slice(PREFIX.length)) : undefined;
  if (identity === undefined)
    throw new AssayError('UNAUTHENTICATED', 'Cannot answer: the bearer token is not known');
  if (access.required) assertMay(identity, 'predict');
}
