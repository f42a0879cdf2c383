import { lookup } from 'node:dns';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { AssayError } from '@assay/domain/errors';
import { LONGEST_WAIT_MS } from '@assay/domain/webhook-retry';
import { hostOf, type TargetPolicy, webhookUrl } from '@assay/registry-store/webhook-target';

/** What came of one request. `error` says why there is no status, or why the status is no success. */
export interface Posted {
  readonly status: number | null;
  readonly error: string | null;
  /** The first bytes of the answer, as text. */
  readonly body: string;
  readonly latencyMs: number;
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs: number | undefined;
}

export interface PostOptions {
  readonly policy: TargetPolicy;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const ANSWER_BYTES = 4_096;

/** Resolves and judges in one: what is connected to is the address that was judged, so no second resolution can differ. */
const guarded =
  (policy: TargetPolicy): LookupFunction =>
  (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      try {
        if (error !== null) throw error;
        for (const { address } of found) policy.assertAllows(address, host);
        const [first] = found;
        if (options.all) done(null, found);
        else done(null, first?.address ?? '', first?.family);
      } catch (cause) {
        done(cause as NodeJS.ErrnoException, '');
      }
    });
  };

/** Retry-After (RFC 9110, 10.2.3): seconds or a date; nothing where it cannot be read. */
export const retryAfterMs = (header: string | undefined, nowMs: number): number | undefined => {
  if (header === undefined || header.trim() === '') return undefined;
  const asked = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, 0), LONGEST_WAIT_MS);
};

const explain = (error: unknown, timeoutMs: number): string => {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (error instanceof AssayError) return `${error.message} (${error.code})`;
  if (name === 'AbortError' || name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  return code === undefined ? message : `${code}: no connection, or one that broke`;
};

/** Success is 2xx and nothing else: no redirect is followed, because it could lead where no webhook may go. */
const judged = (status: number): string | null => {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400
    ? `answered ${status}: redirects are not followed`
    : `answered ${status}`;
};

/** One POST. Never throws; follows nothing, keeps no connection, reads no more than the first bytes of the answer. */
export async function post(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { policy, timeoutMs, signal }: PostOptions,
): Promise<Posted> {
  const startedMs = Date.now();
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const url = webhookUrl(target);
    const host = hostOf(url);
    // An address is not looked up, so it is judged here
    if (isIP(host) !== 0) policy.assertAllows(host, host);
    const answer = await exchange(url, headers, body, {
      lookup: guarded(policy),
      signal: AbortSignal.any([timeout, signal]),
    });
    const asked = retryAfterMs(answer.retryAfter, Date.now());
    const latencyMs = Date.now() - startedMs;
    return {
      status: answer.status,
      error: judged(answer.status),
      body: answer.body,
      latencyMs,
      retryAfterMs: asked,
    };
  } catch (error) {
    const latencyMs = Date.now() - startedMs;
    return { status: null, error: explain(error, timeoutMs), body: '', latencyMs, retryAfterMs: undefined };
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

const exchange = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: { readonly lookup: LookupFunction; readonly signal: AbortSignal },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const ask = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const bytes = Buffer.from(body);
    const sent = ask(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(bytes.length) },
      agent: false,
      ...options,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      const done = (): void => {
        const status = response.statusCode ?? 0;
        const text = Buffer.concat(parts).subarray(0, ANSWER_BYTES).toString('utf8');
        resolve({ status, body: text, retryAfter: response.headers['retry-after'] });
        sent.destroy();
      };
      response.on('data', (part: Buffer) => {
        parts.push(part);
        size += part.length;
        if (size >= ANSWER_BYTES) done();
      });
      // The status is the answer; what comes after it may break off
      response.on('end', done);
      response.on('error', done);
    });
    sent.end(bytes);
  });
