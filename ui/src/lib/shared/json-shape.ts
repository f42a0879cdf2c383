import type { Json } from '@assay/domain/canonical-json';

export type Scalar = string | number | boolean | null;

/** How a piece of evidence is shown: facts as a list, records of one shape as a table, the rest under its own heading. */
export interface JsonShape {
  readonly facts: readonly (readonly [string, Scalar])[];
  readonly tables: readonly JsonTable[];
  readonly parts: readonly (readonly [string, JsonShape])[];
}

export interface JsonTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (Scalar | undefined)[])[];
}

type Fields = { readonly [key: string]: Json };

const isScalar = (v: Json): v is Scalar => v === null || typeof v !== 'object';
const isFields = (v: Json): v is Fields => typeof v === 'object' && v !== null && !Array.isArray(v);
const isFlat = (v: Json): v is Fields => isFields(v) && Object.values(v).every(isScalar);

/** Columns are the union of the keys in order of appearance; a record without a key has a gap there. */
export function toTable(name: string, records: readonly (readonly [string | null, Fields])[]): JsonTable {
  const keys = [...new Set(records.flatMap(([, record]) => Object.keys(record)))];
  const named = records.some(([key]) => key !== null);
  return {
    name,
    columns: named ? ['', ...keys] : keys,
    rows: records.map(([key, record]) => {
      const cells = keys.map((k) => {
        const value = record[k];
        return value === undefined || !isScalar(value) ? undefined : value;
      });
      return named ? [key, ...cells] : cells;
    }),
  };
}

export function shapeOf(value: Json): JsonShape {
  const facts: [string, Scalar][] = [];
  const tables: JsonTable[] = [];
  const parts: [string, JsonShape][] = [];
  for (const [key, item] of entriesOf(value)) {
    if (isScalar(item)) facts.push([key, item]);
    else if (Array.isArray(item) && item.every(isScalar))
      facts.push([key, item.map(String).join(', ') || 'none']);
    else if (Array.isArray(item) && item.length > 0 && item.every(isFlat))
      tables.push(
        toTable(
          key,
          item.map((record) => [null, record]),
        ),
      );
    else if (isTableOfFields(item))
      tables.push(
        toTable(
          key,
          Object.entries(item).map(([name, record]) => [name, record as Fields]),
        ),
      );
    else parts.push([key, shapeOf(item)]);
  }
  return { facts, tables, parts };
}

const entriesOf = (value: Json): readonly (readonly [string, Json])[] => {
  if (isScalar(value)) return value === null ? [] : [['value', value]];
  if (Array.isArray(value)) return value.map((item, i) => [String(i + 1), item] as const);
  return Object.entries(value as Fields);
};

/** `{ margin: { estimate, lower }, orders: { estimate, lower } }`: at least two flat records that share a key. */
function isTableOfFields(value: Json): value is Fields {
  if (!isFields(value)) return false;
  const records = Object.values(value);
  const [first] = records;
  if (records.length < 2 || first === undefined || !isFlat(first)) return false;
  const shared = Object.keys(first);
  return records.every((r) => isFlat(r) && Object.keys(r).some((k) => shared.includes(k)));
}
