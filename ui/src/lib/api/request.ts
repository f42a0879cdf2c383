import { ApiError, problemFrom, unreachable } from './api-error.ts';
import { session } from './session.svelte.ts';

export const API = '/api/v1';

export const authorization = (): Record<string, string> =>
  session.token === '' ? {} : { authorization: `Bearer ${session.token}` };

/** GET of a read model. Throws ApiError. */
export const read = <T>(path: string): Promise<T> => send<T>(path, { headers: authorization() });

/** POST of a command. Throws ApiError. */
export const command = <T>(path: string, body: unknown): Promise<T> =>
  send<T>(path, {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Path segments joined and escaped: names come from people. */
export const at = (...segments: readonly string[]): string =>
  `${API}/${segments.map(encodeURIComponent).join('/')}`;

type Query = Readonly<Record<string, string | number | readonly string[] | null | undefined>>;

/** A path with its query; lists are repeated, what is empty is left out. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((one) => one !== null && one !== undefined && one !== '')
      .map((one) => [key, String(one)]),
  );
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

/** Bytes of a file. Throws ApiError. */
export async function readBlob(path: string): Promise<Blob> {
  try {
    const response = await fetch(path, { headers: authorization() });
    if (!response.ok) throw problemFrom(response.status, await response.json().catch(() => null));
    return await response.blob();
  } catch (cause) {
    throw cause instanceof ApiError ? cause : unreachable(path, cause);
  }
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    throw unreachable(path, cause);
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemFrom(response.status, body);
  if (body === null && response.status !== 204 && response.status !== 202) {
    throw new ApiError({
      status: 502,
      message: `The control plane answered "${path}" with something that is not JSON`,
      code: 'NOT_JSON',
      remedy: 'Check that this address is Assay itself and not another server',
    });
  }
  return body as T;
}
