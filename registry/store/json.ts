import { rawNumber } from '@assay/domain/exact-json';

/** An int8 of the database (text) as a bare JSON number. */
export const int = (digits: unknown): unknown => {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : rawNumber(String(digits));
};

/** A metric's value: NaN is the text "NaN" and -0 stays -0. */
export const double = (value: unknown, isNan: unknown): unknown => {
  if (isNan === true) return 'NaN';
  return Object.is(value, -0) ? rawNumber('-0.0') : value;
};

/** An answer that is JSON already, as one text or piece by piece: large ones are put together by the database. */
export class JsonText {
  readonly body: string | AsyncIterable<string>;

  constructor(body: string | AsyncIterable<string>) {
    this.body = body;
  }
}

const field = ([name, sql]: readonly [string, string]) => `"${name}":' || ${sql}`;

/** SQL for a JSON object of `always`, which is never NULL, and of what of `sometimes` is not. */
export const objectJson = (
  always: Readonly<Record<string, string>>,
  sometimes: Readonly<Record<string, string>> = {},
): string => {
  const fixed = Object.entries(always).map(field).join(` || ',`);
  const more = Object.entries(sometimes);
  // A chain of || takes half the time of concat_ws, which knows how to leave out NULL
  if (fixed === '') return `'{' || concat_ws(',', ${more.map((f) => `'${field(f)}`).join(', ')}) || '}'`;
  return [`'{${fixed}`, ...more.map((f) => `coalesce(',${field(f)}, '')`), `'}'`].join(' || ');
};
export const textJson = (sql: string): string => `to_json(${sql})`;
/** SQL for a JSON list of what a query finds; NULL when it finds nothing. */
export const listJson = (json: string, order: string, from: string): string =>
  `'[' || (SELECT string_agg(${json}, ',' ORDER BY ${order}) FROM ${from}) || ']'`;

/** SQL for the JSON of a metric's value; as `double` has it. */
export const VALUE_JSON = `CASE WHEN is_nan THEN '"NaN"' WHEN value = 0 AND value::text = '-0' THEN '-0.0' ELSE value::text END`;
/** SQL for one point as JSON, and for one key with its value; as `renderMetric` and tags have them. */
export const POINT_JSON = `'{"key":' || to_json(key) || ',"value":' || ${VALUE_JSON} || ',"timestamp":' || ts || ',"step":' || step || '}'`;
export const PAIR_JSON = `'{"key":' || to_json(key) || ',"value":' || to_json(value) || '}'`;
