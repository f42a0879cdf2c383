import { AssayError } from '@assay/domain/errors';
import { call, type RegistryOptions, unless } from '@assay/registry-client/http';
import type { Pair } from './entities.ts';
import { patiently } from './retry.ts';

/** By these tags a target that gives ids of its own knows what came from where, and with which content it was finished. */
export const SOURCE_ID = 'assay.source.id';
export const SOURCE_FINGERPRINT = 'assay.source.fingerprint';

export const tagOf = (tags: readonly Pair[] | undefined, key: string): string | undefined =>
  tags?.find((t) => t.key === key)?.value;

/** Parts of at most so many; one empty part for none. */
export const inParts = <T>(items: readonly T[], size: number): (readonly T[])[] => {
  const parts: (readonly T[])[] = [];
  for (let i = 0; i < items.length || i === 0; i += size) parts.push(items.slice(i, i + size));
  return parts;
};

/** Writes that may come twice: each is repeated while the server is away. */
export class MlflowApi {
  readonly options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') };
  }

  post<T = object>(path: string, body: object): Promise<T> {
    return patiently(() => call<T>(this.options, 'POST', path, body));
  }

  patch<T = object>(path: string, body: object): Promise<T> {
    return patiently(() => call<T>(this.options, 'PATCH', path, body));
  }

  remove(path: string, body: object): Promise<object> {
    return patiently(() => call(this.options, 'DELETE', path, body));
  }

  /** Absent where the server knows none. */
  find<T>(path: string, query: Readonly<Record<string, string>>): Promise<T | undefined> {
    const text = new URLSearchParams(query).toString();
    return unless(
      'NOT_FOUND',
      patiently(() => call<T>(this.options, 'GET', `${path}?${text}`)),
    );
  }

  /**
   * Makes what the server gives an id to. It may have been made although no answer came, so each attempt looks first.
   */
  async make<T>(look: () => Promise<T | undefined>, create: () => Promise<T>): Promise<T> {
    return patiently(async () => (await look()) ?? (await create()));
  }

  once<T>(method: string, path: string, body?: object): Promise<T> {
    return call<T>(this.options, method, path, body);
  }
}

export const isRefusedAs = (error: unknown, code: string): boolean =>
  error instanceof AssayError && error.code === code;
