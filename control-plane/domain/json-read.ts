import { AssayError, type ErrorCode } from './errors.ts';

/** Readers for JSON that came from outside: each names the path of what is wrong. */
export interface JsonReader {
  object(value: unknown, field: string): Record<string, unknown>;
  /** An object without other keys: a misspelt one must not pass for an absent one. */
  only(value: unknown, field: string, keys: readonly string[]): Record<string, unknown>;
  list(value: unknown, field: string): readonly unknown[];
  text(value: unknown, field: string): string;
  optionalText(value: unknown, field: string): string | undefined;
  number(value: unknown, field: string, from: number, to: number): number;
  oneOf<T extends string>(value: unknown, field: string, words: readonly T[]): T;
  fail(field: string, rule: string): never;
}

/** `what` completes "Cannot read …"; every refusal carries `code`. */
export function jsonReader(code: ErrorCode, what: string): JsonReader {
  const fail = (field: string, rule: string): never => {
    throw new AssayError(code, `Cannot read ${what}: ${field === '' ? 'it' : `"${field}"`} ${rule}`, {
      field,
    });
  };
  const text = (value: unknown, field: string): string =>
    typeof value === 'string' && value !== ''
      ? value
      : fail(field, `must be a non-empty text, not ${show(value)}`);
  const object = (value: unknown, field: string): Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : fail(field, `must be an object, not ${show(value)}`);
  return {
    fail,
    text,
    object,
    only(value, field, keys) {
      const found = object(value, field);
      for (const key of Object.keys(found))
        if (!keys.includes(key))
          fail(field === '' ? key : `${field}.${key}`, `is not known here; known are ${keys.join(', ')}`);
      return found;
    },
    optionalText: (value, field) => (value === undefined || value === null ? undefined : text(value, field)),
    list: (value, field) =>
      Array.isArray(value) ? value : fail(field, `must be a list, not ${show(value)}`),
    number: (value, field, from, to) =>
      typeof value === 'number' && value >= from && value <= to
        ? value
        : fail(field, `must be a number in [${from}, ${to}], not ${show(value)}`),
    oneOf: (value, field, words) =>
      (words as readonly unknown[]).includes(value)
        ? (value as (typeof words)[number])
        : fail(field, `must be one of ${words.join(', ')}, not ${show(value)}`),
  };
}

const show = (value: unknown): string => {
  const text = value === undefined ? 'absent' : written(value);
  return text === undefined ? typeof value : text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/** What came from outside may be too deep to be written, and has bigints where its numbers were read exactly. */
function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
  } catch {
    return 'something deep';
  }
}
