import { AssayError, type ErrorCode } from '@assay/domain/errors';
import { parseExact, stringifyExact } from '@assay/domain/exact-json';

export interface RegistryOptions {
  readonly baseUrl: string;
  readonly token?: string | undefined;
  /** For servers that know users instead of tokens. */
  readonly basic?: { readonly user: string; readonly password: string } | undefined;
}

const CODES: Record<string, ErrorCode> = {
  RESOURCE_DOES_NOT_EXIST: 'NOT_FOUND',
  ENDPOINT_NOT_FOUND: 'NOT_FOUND',
  RESOURCE_ALREADY_EXISTS: 'ALREADY_EXISTS',
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  INVALID_PARAMETER_VALUE: 'REQUEST_INVALID',
};
/** Where the answer has no body of MLflow's. */
const STATUSES: Record<number, ErrorCode> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'UNREACHABLE',
  429: 'UNREACHABLE',
};

const authorization = ({ token, basic }: RegistryOptions): string | undefined => {
  if (token !== undefined) return `Bearer ${token}`;
  return basic && `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}`;
};

/** One request; MLflow's error body becomes an AssayError, a dead or overloaded server UNREACHABLE. */
export const send = async (
  options: RegistryOptions,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> => {
  const headers = new Headers(init.headers);
  const proof = authorization(options);
  if (proof !== undefined) headers.set('Authorization', proof);
  const what = `Cannot ${method} ${path.split('?')[0]} at the registry`;
  let response: Response;
  try {
    response = await fetch(`${options.baseUrl}${path}`, { ...init, method, headers });
  } catch (cause) {
    throw new AssayError('UNREACHABLE', `${what}: no answer from ${options.baseUrl}`, { cause });
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error_code?: string; message?: string };
  const code =
    CODES[body.error_code ?? ''] ??
    STATUSES[response.status] ??
    (response.status >= 500 ? 'UNREACHABLE' : 'REQUEST_INVALID');
  throw new AssayError(code, `${what}: ${body.message ?? `HTTP ${response.status}`}`);
};

/** A JSON call by its whole path; int64 stay exact both ways. */
export const callAt = async <T>(
  options: RegistryOptions,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> => {
  const init =
    body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: stringifyExact(body) };
  const text = await (await send(options, method, path, init)).text();
  try {
    return parseExact(text) as T;
  } catch (cause) {
    throw new AssayError(
      'UNREACHABLE',
      `Cannot read the answer to ${method} ${path.split('?')[0]}: ${options.baseUrl} sent no JSON; it is no MLflow server`,
      { cause },
    );
  }
};

export const call = <T>(options: RegistryOptions, method: string, path: string, body?: unknown): Promise<T> =>
  callAt<T>(options, method, `/api/2.0/mlflow/${path}`, body);

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
