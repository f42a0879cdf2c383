import { AssayError, ERRORS, type ErrorCode } from '@assay/domain/errors';
import { readEndpoints } from './supervisor/state-folder.ts';

export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly field?: string;
}

/** The control plane's HTTP API of the Assay that runs on a state folder, as a given role. */
export function apiOf(state: string, role: string): Api {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    // Read at each call: a restarted Assay may have moved
    const endpoints = readEndpoints(state);
    const token = endpoints.tokens[role];
    if (token === undefined)
      throw new AssayError(
        'UNAUTHENTICATED',
        `Cannot act as "${role}": endpoints.json has tokens for ${Object.keys(endpoints.tokens).join(', ')}`,
      );
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const url = `${endpoints.controlPlane}/api/v1${path}`;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (cause) {
      throw new AssayError(
        'UNREACHABLE',
        `Cannot reach the control plane at "${endpoints.controlPlane}" for ${method} ${path}`,
        { cause },
      );
    }
    const text = await response.text();
    if (!response.ok) throw problem(text, response.status, `${method} ${path}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    delete: (path) => call('DELETE', path),
  };
}

function problem(text: string, status: number, what: string): AssayError {
  let parsed: Problem = {};
  try {
    parsed = JSON.parse(text) as Problem;
  } catch {
    // a proxy's page, not ours: the status says what there is to say
  }
  const code =
    parsed.code !== undefined && Object.hasOwn(ERRORS, parsed.code)
      ? (parsed.code as ErrorCode)
      : status === 404
        ? 'NOT_FOUND'
        : 'INTERNAL';
  return new AssayError(
    code,
    parsed.detail ?? parsed.title ?? `${what} answered ${status}`,
    parsed.field === undefined ? {} : { field: parsed.field },
  );
}
