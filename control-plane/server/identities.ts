import { createHash } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import type { Identity } from '@assay/domain/roles';

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Who a bearer token stands for. Tokens are compared by digest, so that timing tells nothing of them. */
export class Identities {
  readonly #byDigest: ReadonlyMap<string, Identity>;
  readonly #auth: 'open' | 'required';

  constructor(tokens: ReadonlyMap<string, Identity>, auth: 'open' | 'required') {
    this.#byDigest = new Map([...tokens].map(([token, identity]) => [digestOf(token), identity]));
    this.#auth = auth;
  }

  /** Throws UNAUTHENTICATED; a bad token is refused in open mode too. */
  of(authorization: string | undefined): Identity {
    if (authorization === undefined) {
      if (this.#auth === 'open') return { subject: 'local', role: 'admin' };
      throw new AssayError('UNAUTHENTICATED', 'Cannot answer: the request has no bearer token');
    }
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    const identity = token === undefined ? undefined : this.#byDigest.get(digestOf(token));
    if (identity === undefined)
      throw new AssayError('UNAUTHENTICATED', 'Cannot answer: the bearer token is not known');
    return identity;
  }
}
