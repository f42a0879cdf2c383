import { AssayError, type ErrorCode } from '@assay/domain/errors';

export interface RegistryOptions {
  readonly baseUrl: string;
  readonly token?: string | undefined;
}

const CODES: Record<string, ErrorCode> = {
  RESOURCE_DOES_NOT_EXIST: 'NOT_FOUND',
  ENDPOINT_NOT_FOUND: 'NOT_FOUND',
  RESOURCE_ALREADY_EXISTS: 'ALREADY_EXISTS',
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  INVALID_PARAMETER_VALUE: 'REQUEST_INVALID',
};

/** One request; MLflow's error body becomes an AssayError, a dead server UNREACHABLE. */
export const send = async (
  { baseUrl, token }: RegistryOptions,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> => {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  const what = `Cannot ${method} ${path.split('?')[0]} at the registry`;
  let response: Response;
  try {
    response = await fetch(`${baseUrl}${path}`, { ...init, method, headers });
  } catch (cause) {
    throw new AssayError('UNREACHABLE', `${what}: no answer from ${baseUrl}`, { cause });
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error_code?: string; message?: string };
  const code = CODES[body.error_code ?? ''] ?? (response.status >= 500 ? 'UNREACHABLE' : 'REQUEST_INVALID');
  throw new AssayError(code, `${what}: ${body.message ?? `HTTP ${response.status}`}`);
};

export const call = async <T>(
  options: RegistryOptions,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> => {
  const init =
    body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  return (await (await send(options, method, `/api/2.0/mlflow/${path}`, init)).json()) as T;
};

export const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** Throws nothing but what is not of that code. */
export const unless = async <T>(code: ErrorCode, work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AssayError && error.code === code) return undefined;
    throw error;
  }
};
