/** A refusal or failure as the page shows it; the server's problem+json where there was one. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly requestId: string | undefined;

  constructor(at: {
    status: number;
    message: string;
    code: string;
    remedy: string;
    requestId?: string | undefined;
    cause?: unknown;
  }) {
    super(at.message, at.cause === undefined ? undefined : { cause: at.cause });
    this.status = at.status;
    this.code = at.code;
    this.remedy = at.remedy;
    this.requestId = at.requestId;
  }

  /** Another try may succeed without anybody changing anything. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Reads an RFC 9457 body; a body that is none (a proxy's page) still gives a readable error. */
export function problemFrom(status: number, body: unknown): ApiError {
  const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return new ApiError({
    status,
    message:
      text(problem.detail) ?? text(problem.title) ?? `The control plane answered with status ${status}`,
    code: text(problem.code) ?? `HTTP_${status}`,
    remedy: text(problem.remedy) ?? 'Look into the log of the control plane, then try again',
    requestId: text(problem.instance),
  });
}

export const unreachable = (path: string, cause: unknown): ApiError =>
  new ApiError({
    status: 0,
    message: `The control plane did not answer "${path}"`,
    code: 'UNREACHABLE',
    remedy: 'Check that "assay up" is running; this page goes on by itself when it answers again',
    cause,
  });
