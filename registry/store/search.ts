import { invalid } from './faults.ts';
import type { Clause, Literal, Order } from './filter.ts';
import type { KeyType } from './page-token.ts';

export const TEXT_OPS = ['=', '!=', 'LIKE', 'ILIKE'] as const;
export const LIST_OPS = ['IN', 'NOT IN'] as const;
export const NUMBER_OPS = ['=', '!=', '<', '<=', '>', '>='] as const;
export const NULL_OPS = ['IS NULL', 'IS NOT NULL'] as const;

/** A column that can be filtered or ordered by. `ids` are integers that filters quote; `integer` takes no fraction. */
export interface Column {
  readonly sql: string;
  readonly type: 'text' | 'number' | 'integer' | 'ids';
  readonly ops?: readonly string[];
  readonly nullable?: boolean;
  /** Filters may quote the number. */
  readonly quotable?: boolean;
}

/** A table of key and value beside the entity, joined under an alias. */
export interface Beside {
  readonly table: string;
  readonly on: (alias: string) => string;
  readonly ops: readonly string[];
  /** An index has the first so many characters of each value. */
  readonly beginnings?: number;
  /** Doubles with a flag for NaN. */
  readonly numeric?: boolean;
  /** The only keys there are, where that is so. */
  readonly keys?: readonly string[];
  /** One row an entity and key to order by; without it there is no order by this. */
  readonly ordered?: (alias: string, key: string) => string;
  /** Conditions for rows with a number, with NaN and with neither, where an index has the numbers in order. */
  readonly ranked?: (alias: string) => readonly [string, string, string];
}

/** How one kind of entity is searched. */
export interface Searchable {
  readonly from: string;
  /** Prefixes exactly as they may be written → kind. */
  readonly entities: Readonly<Record<string, string>>;
  readonly filters: Readonly<Record<string, Column>>;
  readonly orders: Readonly<Record<string, Column>>;
  readonly beside: Readonly<Record<string, Beside>>;
  /** The same field twice in an order: refused, but where MLflow lets the first one count. */
  readonly repeats?: boolean;
}

export class Bound {
  readonly values: unknown[];

  constructor(values: readonly unknown[] = []) {
    this.values = [...values];
  }

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

const SQL: Readonly<Record<string, string>> = { '!=': '<>' };
const refused = (clause: Clause, why: string) =>
  invalid(`Invalid clause on ${JSON.stringify(clause.key)}: ${why}`);

const kindOf = (what: Searchable, { entity }: { entity: string | undefined }): string => {
  const kind = entity === undefined ? 'attribute' : what.entities[entity];
  if (kind === undefined)
    throw invalid(
      `Invalid entity type ${JSON.stringify(entity)}: one of ${Object.keys(what.entities).join(', ')}`,
    );
  return kind;
};

const requireOp = (clause: Clause, ops: readonly string[]): void => {
  if (!ops.includes(clause.op)) throw refused(clause, `${clause.op} is none of ${ops.join(', ')}`);
};

const wanted = (clause: Clause, kind: Literal['kind']): string => {
  const { value } = clause;
  if (value.kind === kind && (value.kind === 'text' || value.kind === 'number')) return value.value;
  throw refused(
    clause,
    kind === 'text' ? 'a quoted string is required' : 'a number without quotes is required',
  );
};

const compareText = (column: string, clause: Clause, bound: Bound): string => {
  const { op, value } = clause;
  if (value.kind === 'list')
    return `${op === 'IN' ? '' : 'NOT '}${column} = ANY(${bound.add(value.value)}::text[])`;
  const text = bound.add(wanted(clause, 'text'));
  // MLflow has no escape in LIKE: a backslash is a character
  return op.endsWith('LIKE') ? `${column} ${op} ${text} ESCAPE ''` : `${column} ${SQL[op] ?? op} ${text}`;
};

const compareIds = (column: string, clause: Clause, bound: Bound): string => {
  const given = clause.value.kind === 'list' ? clause.value.value : [wanted(clause, 'text')];
  for (const id of given)
    if (!/^\s*-?\d{1,18}\s*$/.test(id)) throw refused(clause, `${JSON.stringify(id)} is no id`);
  const negated = clause.op === '!=' || clause.op === 'NOT IN';
  return `${negated ? 'NOT ' : ''}${column} = ANY(${bound.add(given)}::int8[])`;
};

const compareColumn = (column: Column, clause: Clause, bound: Bound): string => {
  requireOp(clause, column.ops ?? []);
  if (column.type === 'text') return compareText(column.sql, clause, bound);
  if (column.type === 'ids') return compareIds(column.sql, clause, bound);
  const quoted = column.quotable === true && clause.value.kind === 'text';
  const number = wanted(clause, quoted ? 'text' : 'number');
  if (column.type === 'integer' && !/^-?\d+$/.test(number)) throw refused(clause, 'an integer is required');
  return `${column.sql} ${SQL[clause.op] ?? clause.op} ${bound.add(number)}::numeric`;
};

/** A text shorter than the beginnings in the index is equal when its beginning is; a longer one is compared whole too. */
const compareValue = (clause: Clause, place: Beside, bound: Bound): string => {
  const whole = () => compareText('b.value', clause, bound);
  if (place.beginnings === undefined || clause.op !== '=') return whole();
  const beginning = [...wanted(clause, 'text')].slice(0, place.beginnings);
  const indexed = `left(b.value, ${place.beginnings}) = ${bound.add(beginning.join(''))}`;
  return beginning.length < place.beginnings ? indexed : `${indexed} AND ${whole()}`;
};

const compareBeside = (clause: Clause, place: Beside, bound: Bound): string => {
  requireOp(clause, place.ops);
  if (place.keys !== undefined && !place.keys.includes(clause.key))
    throw refused(clause, `the key is none of ${place.keys.join(', ')}`);
  const row = `FROM ${place.table} b WHERE ${place.on('b')} AND b.key = ${bound.add(clause.key)}`;
  if (clause.op === 'IS NULL') return `NOT EXISTS (SELECT 1 ${row})`;
  if (clause.op === 'IS NOT NULL') return `EXISTS (SELECT 1 ${row})`;
  if (place.numeric !== true) return `EXISTS (SELECT 1 ${row} AND ${compareValue(clause, place, bound)})`;
  const number = `b.value ${SQL[clause.op] ?? clause.op} ${bound.add(Number(wanted(clause, 'number')))}::float8`;
  return `EXISTS (SELECT 1 ${row} AND ${clause.op === '!=' ? `(b.is_nan OR ${number})` : `(NOT b.is_nan AND ${number})`})`;
};

/** Conditions of a filter, to be joined by AND; keys and values are always bound parameters. */
export const conditions = (clauses: readonly Clause[], what: Searchable, bound: Bound): string[] =>
  clauses.map((clause) => {
    const kind = kindOf(what, clause);
    const place = what.beside[kind];
    if (place !== undefined) return compareBeside(clause, place, bound);
    const column = what.filters[clause.key];
    if (column === undefined || !Object.hasOwn(what.filters, clause.key))
      throw invalid(
        `Invalid attribute key ${JSON.stringify(clause.key)}: one of ${Object.keys(what.filters).join(', ')}`,
      );
    return compareColumn(column, clause, bound);
  });

/** One sort key. What may be absent has a key of its own before it, so that it comes last either way. */
export interface Term {
  readonly sql: string;
  readonly type: KeyType;
  readonly descending: boolean;
}
export interface Ordering {
  readonly joins: readonly string[];
  readonly terms: readonly Term[];
  /** When the first key is a rank: the condition of each rank's rows, which are then read rank by rank. */
  readonly ranks?: readonly string[];
  /** Columns and `kind.key` that are ordered by already. */
  readonly named: ReadonlySet<string>;
}

export const ascending = (sql: string, type: KeyType): Term => ({ sql, type, descending: false });
export const descending = (sql: string, type: KeyType): Term => ({ sql, type, descending: true });
const absentLast = (sql: string): Term => ascending(`(${sql} IS NULL)`, 'bool');

type Wanted = Order & { readonly place?: Beside };

/** Sort keys of a table beside the entity, joined as `alias`: NaN comes after every number, absent ones after that. */
const besideTerms = (alias: string, numeric: boolean, descending: boolean): Term[] => {
  const value = `${alias}.value`;
  if (!numeric) return [absentLast(value), { sql: value, type: 'text', descending }];
  const rank = `CASE WHEN ${alias}.is_nan THEN 1 WHEN ${value} IS NULL THEN 2 ELSE 0 END`;
  return [ascending(rank, 'int8'), { sql: value, type: 'float8', descending }];
};

const columnTerms = (column: Column, descending: boolean): Term[] => {
  const term: Term = { sql: column.sql, type: column.type === 'text' ? 'text' : 'int8', descending };
  return column.nullable === true ? [absentLast(column.sql), term] : [term];
};

/** The first table beside the entity is joined as `o0`. */
const ranksOf = (first: Wanted | undefined, what: Searchable): readonly string[] | undefined =>
  first && (first.place ?? what.beside[kindOf(what, first)])?.ranked?.('o0');

/** ORDER BY of a search, with the joins it needs; absent values come last whichever the direction. */
export const ordering = (orders: readonly Wanted[], what: Searchable, bound: Bound): Ordering => {
  const named = new Set<string>();
  const joins: string[] = [];
  const terms = orders.flatMap((order): Term[] => {
    const kind = kindOf(what, order);
    const known = kind === 'attribute' && Object.hasOwn(what.orders, order.key);
    const column = known ? what.orders[order.key] : undefined;
    const id = column?.sql ?? `${kind}.${order.key}`;
    if (named.has(id) && what.repeats === true) return [];
    if (named.has(id)) throw invalid(`Invalid order_by: ${JSON.stringify(order.key)} is named twice`);
    named.add(id);
    if (column !== undefined) return columnTerms(column, order.descending);
    const place = order.place ?? what.beside[kind];
    if (place?.ordered === undefined)
      throw invalid(`Invalid order_by: there is no ${kind} ${JSON.stringify(order.key)} to order by`);
    const alias = `o${joins.length}`;
    joins.push(place.ordered(alias, bound.add(order.key)));
    return besideTerms(alias, place.numeric === true, order.descending);
  });
  const ranks = ranksOf(orders[0], what);
  return { joins, terms, named, ...(ranks !== undefined && { ranks }) };
};

/** Joins the one row of a table of keys and values that holds the key. */
export const joinKey =
  (table: string, on: (alias: string) => string) =>
  (alias: string, key: string): string =>
    `LEFT JOIN ${table} ${alias} ON ${on(alias)} AND ${alias}.key = ${key}`;

export const stageCondition = (column: string, view: string | undefined): string => {
  const stages: Record<string, string> = {
    ACTIVE_ONLY: `${column} = 'active'`,
    '1': `${column} = 'active'`,
    DELETED_ONLY: `${column} = 'deleted'`,
    '2': `${column} = 'deleted'`,
    ALL: 'true',
    '3': 'true',
  };
  const condition = stages[view ?? 'ACTIVE_ONLY'];
  if (condition === undefined)
    throw invalid(`Invalid view type ${JSON.stringify(view)}: ACTIVE_ONLY, DELETED_ONLY or ALL`);
  return condition;
};
