import { createHash } from 'node:crypto';
import { invalid } from './faults.ts';

/** Types of the sort keys inside a token, as PostgreSQL names them. */
export type KeyType = 'int8' | 'float8' | 'text' | 'bool';
export type KeyValue = string | null;

const SHAPES: Readonly<Record<KeyType, RegExp>> = {
  int8: /^-?\d{1,19}$/,
  float8: /^-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$|^NaN$/i,
  text: /^[^\0]*$/su,
  bool: /^(true|false)$/,
};

const digest = (scope: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12);

const asText = (value: unknown): KeyValue =>
  value === null || value === undefined ? null : Object.is(value, -0) ? '-0' : String(value);

/** Where the next page starts: the sort keys of the last row shown, bound to the search that they belong to. */
export const writeToken = (scope: readonly unknown[], keys: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([digest(scope), ...keys.map(asText)])).toString('base64url');

const fits = (value: unknown, type: KeyType | undefined): boolean => {
  if (value === null) return true;
  if (typeof value !== 'string' || type === undefined || !SHAPES[type].test(value)) return false;
  return type !== 'int8' || BigInt.asIntN(64, BigInt(value)) === BigInt(value);
};

/** The keys of a token; one that is no token, or of another search, is refused. */
export const readToken = (
  token: string | undefined,
  scope: readonly unknown[],
  types: readonly KeyType[],
): KeyValue[] | undefined => {
  if (token === undefined || token === '') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch (cause) {
    throw invalid(`Invalid page token: it was not made by this server (${String(cause)})`);
  }
  const [bound, ...keys] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (bound !== digest(scope))
    throw invalid(
      'Invalid page token: it was made for another search. Send the same filter and order_by as before',
    );
  if (keys.length !== types.length || !keys.every((k, i) => fits(k, types[i])))
    throw invalid('Invalid page token: it was not made by this server');
  return keys as KeyValue[];
};
