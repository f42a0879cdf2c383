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

export const parseExact = (text: string): unknown =>
  native.parse(text, (_key, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? '')
      ? BigInt(context.source ?? '0')
      : value,
  );

/** An int8 of the database (text) as a bare JSON number. */
export const int = (digits: unknown): unknown => native.rawJSON(String(digits));

/** A metric's value: NaN is the text "NaN" and -0 stays -0. */
export const double = (value: unknown, isNan: unknown): unknown => {
  if (isNan === true) return 'NaN';
  return Object.is(value, -0) ? native.rawJSON('-0.0') : value;
};
