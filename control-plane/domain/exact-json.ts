// JSON that keeps int64 exact: integers beyond 2^53 are read as BigInt and written as bare digits.
interface RawJson {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}
// ES2026 (JSON.parse source text access), in Node 24 but not yet in lib es2024
const native = JSON as unknown as RawJson;

/** Only a bare integer of 16 digits or more can be inexact; looking for one is cheaper than a reviver on every value. */
const LONG_INTEGER = /(?:^|[^\d.])\d{16,}(?![\d.eE])/;

export const parseExact = (text: string): unknown =>
  LONG_INTEGER.test(text) ? parseBig(text) : JSON.parse(text);

const parseBig = (text: string): unknown =>
  native.parse(text, (_key, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? '')
      ? BigInt(context.source ?? '0')
      : value,
  );

/** Digits as a bare JSON number. */
export const rawNumber = (digits: string): unknown => native.rawJSON(digits);

/** What parseExact reads, written back without loss: BigInt as bare digits, −0 as -0.0. */
export const stringifyExact = (value: unknown): string =>
  JSON.stringify(value, (_key, v: unknown) =>
    typeof v === 'bigint' ? rawNumber(String(v)) : Object.is(v, -0) ? rawNumber('-0.0') : v,
  );
