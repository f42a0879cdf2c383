import { normaliser } from './normalise.ts';

/** What a server said: the status, its error code if it is a refusal, else the body without ids and times. */
export interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly body?: unknown;
}
export type Transcript = Record<string, Answer>;
/** Bodies are read loosely: what is in them is what the comparison is about. */
// biome-ignore lint/suspicious/noExplicitAny: a scenario digs ids out of answers of two servers
export type Loose = any;
type Query = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;
type Send = (name: string, path: string, body?: unknown) => Promise<Loose>;

export interface Session {
  readonly url: string;
  readonly transcript: Transcript;
  readonly post: Send;
  readonly patch: Send;
  readonly delete: Send;
  readonly get: (name: string, path: string, query?: Query) => Promise<Loose>;
  readonly raw: (name: string, method: string, path: string, init?: RequestInit) => Promise<Loose>;
  readonly note: (name: string, answer: Answer) => void;
}
export type Scenario = (session: Session) => Promise<void>;

/** int64 is compared digit by digit; a metric's value is a double. */
const exact = (key: string, value: unknown, context?: { source?: string }): unknown => {
  const source = context?.source ?? '';
  const large = typeof value === 'number' && /^-?\d+$/.test(source) && !Number.isSafeInteger(value);
  return large && key !== 'value' ? `${source}n` : value;
};

const parse = (text: string): Loose => {
  try {
    return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
  } catch {
    return text;
  }
};

const search = (query: Query): string => {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value]) params.append(key, String(one));
  return params.size === 0 ? '' : `?${params}`;
};

const sent = async (
  url: string,
  init: RequestInit,
): Promise<{ ok: boolean; status: number; body: Loose }> => {
  const response = await fetch(url, init);
  return { ok: response.ok, status: response.status, body: parse(await response.text()) };
};

/** A fault inside the server, not an answer of its API. */
const isFault = (status: number, body: Loose): boolean => status === 500 && body.error_code === undefined;

/** One server's side of the scenarios; each named step is one check. A request that met a fault is sent again `retries` times. */
export function openSession(url: string, retries: number): Session {
  const transcript: Transcript = {};
  const normal = normaliser();
  const note = (name: string, answer: Answer): void => {
    if (name in transcript) throw new Error(`Two steps are called ${name}`);
    transcript[name] = answer;
  };
  const raw = async (name: string, method: string, path: string, init: RequestInit = {}): Promise<Loose> => {
    const where = path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`;
    for (let left = retries; ; left -= 1) {
      const { ok, status, body } = await sent(`${url}${where}`, { method, ...init });
      if (left > 0 && isFault(status, body)) continue;
      note(name, ok ? { status, body: normal(body) } : { status, code: body.error_code ?? 'none' });
      return body;
    }
  };
  const json =
    (method: string): Send =>
    (name, path, body = {}) =>
      raw(name, method, path, {
        headers: { 'Content-Type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
  return {
    url,
    transcript,
    note,
    raw,
    post: json('POST'),
    patch: json('PATCH'),
    delete: json('DELETE'),
    get: (name, path, query = {}) => raw(name, 'GET', `${path}${search(query)}`),
  };
}
