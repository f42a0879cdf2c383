import { invalid } from './faults.ts';

/** A request's fields: JSON body or query string. */
export type Input = Readonly<Record<string, unknown>>;
export interface Tag {
  readonly key: string;
  readonly value: string;
}

const MAX_INT64 = 2n ** 63n - 1n;
const CAMEL = new Map<string, string>();
const camel = (name: string): string => {
  const known = CAMEL.get(name);
  if (known !== undefined) return known;
  const made = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  CAMEL.set(name, made);
  return made;
};

/** Optional fields may be spelled in camelCase too; both spellings at once are refused. */
const field = (input: Input, name: string): unknown => {
  const alternative = camel(name);
  const snake = input[name] ?? undefined;
  const other = alternative === name ? undefined : (input[alternative] ?? undefined);
  if (snake !== undefined && other !== undefined) {
    throw invalid(`Cannot read the request: "${name}" and "${alternative}" are the same field`);
  }
  return snake ?? other;
};

export const optionalText = (input: Input, name: string, limit = 1_000_000): string | undefined => {
  const value = field(input, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalid(`Invalid value for parameter '${name}': a string is required`);
  // A lone surrogate would be stored as another text than was sent
  if (value.includes('\0') || !value.isWellFormed())
    throw invalid(`Invalid value for parameter '${name}': neither U+0000 nor half a character is text`);
  if (value.length > limit && [...value].length > limit) {
    throw invalid(`Parameter '${name}' exceeds the maximum length of ${limit} characters`);
  }
  return value;
};

/** Text that is kept up to a limit, as MLflow does by default: params, and tags of runs. */
export const cutText = (input: Input, name: string, limit: number): string => {
  const value = optionalText(input, name) ?? '';
  return value.length > limit ? [...value].slice(0, limit).join('') : value;
};

export const text = (input: Input, name: string, limit?: number): string => {
  const value = input[name] === undefined ? undefined : optionalText(input, name, limit);
  if (value === undefined || value === '') {
    throw invalid(
      `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`,
    );
  }
  return value;
};

const asInt64 = (value: unknown, name: string): bigint => {
  const exact =
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isSafeInteger(value)) ||
    (typeof value === 'string' && /^-?\d{1,20}$/.test(value));
  const number = exact ? BigInt(value as bigint | number | string) : MAX_INT64 + 1n;
  if (number > MAX_INT64 || number < -MAX_INT64 - 1n) {
    throw invalid(
      `Invalid value ${JSON.stringify(String(value))} for parameter '${name}': an int64 is required`,
    );
  }
  return number;
};

export const int64 = (input: Input, name: string): bigint | undefined => {
  const value = field(input, name);
  return value === undefined ? undefined : asInt64(value, name);
};

export const bool = (input: Input, name: string): boolean =>
  String(field(input, name) ?? 'false').toLowerCase() === 'true';

/** An enum's value, sent by name or by number. */
export const choice = (input: Input, name: string): string | undefined => {
  const value = field(input, name);
  if (value !== undefined && typeof value !== 'string' && typeof value !== 'number')
    throw invalid(`Invalid value for parameter '${name}': a name or a number is required`);
  return value === undefined ? undefined : String(value);
};

/** Page size within [1, limit]. */
export const pageSize = (input: Input, fallback: number, limit: number): number => {
  const given = int64(input, 'max_results') ?? BigInt(fallback);
  if (given < 1n || given > BigInt(limit)) {
    throw invalid(`Invalid value ${given} for parameter 'max_results': it must be 1 to ${limit}`);
  }
  return Number(given);
};

export const list = (input: Input, name: string): unknown[] => {
  const value = field(input, name);
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

export const texts = (input: Input, name: string): string[] =>
  list(input, name).map((value) => {
    if (typeof value !== 'string')
      throw invalid(`Invalid value for parameter '${name}': strings are required`);
    return value;
  });

export const records = (input: Input, name: string): Input[] =>
  list(input, name).map((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid(`Invalid value for parameter '${name}': objects are required`);
    }
    return value as Input;
  });

/** Key of a metric, param or tag: also a path that must be normal, because MLflow stores it as one. */
export const key = (input: Input, limit = 250): string => {
  const name = text(input, 'key', limit);
  const bad =
    !/^[\p{L}\p{N}_/\-.: ]+$/u.test(name) ||
    name.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (bad)
    throw invalid(
      `Invalid value ${JSON.stringify(name)} for parameter 'key': letters, digits and "_/-.: " only, no empty, "." or ".." segment`,
    );
  return name;
};

/** Tags by key, the last of a key sent twice; those of a run are cut at 8000 characters, others refused beyond `limit`. */
export const tags = (input: Input, limit?: number, name = 'tags'): Tag[] => {
  const read = (tag: Input) =>
    limit === undefined ? cutText(tag, 'value', 8000) : (optionalText(tag, 'value', limit) ?? '');
  const last = new Map<string, string>();
  for (const tag of records(input, name)) last.set(key(tag), read(tag));
  return [...last].map(([k, value]) => ({ key: k, value }));
};
