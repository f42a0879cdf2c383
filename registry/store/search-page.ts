import { type Db, type Row, rows } from './database.ts';
import { invalid } from './faults.ts';
import { JsonText } from './json.ts';
import { type KeyValue, readToken, writeToken } from './page-token.ts';
import { Bound, type Ordering, type Searchable, type Term } from './search.ts';

/** Rows after the one whose sort keys are given: equal in the first keys, behind it in the next. */
const after = (terms: readonly Term[], keys: readonly KeyValue[], bound: Bound): string => {
  const equal: string[] = [];
  const choices = terms.flatMap((term, i) => {
    const key = keys[i] ?? null;
    const value = key === null ? 'NULL' : `${bound.add(key)}::${term.type}`;
    const before = [...equal];
    equal.push(key === null ? `${term.sql} IS NULL` : `${term.sql} = ${value}`);
    return key === null
      ? []
      : [[...before, `${term.sql} ${term.descending ? '<' : '>'} ${value}`].join(' AND ')];
  });
  return `(${choices.map((c) => `(${c})`).join(' OR ') || 'false'})`;
};

/** Says again what `after` says of the first key alone: an index then starts there. */
const from = ([term]: readonly Term[], [key]: readonly KeyValue[], bound: Bound): string[] =>
  term === undefined || key === null || key === undefined
    ? []
    : [`${term.sql} ${term.descending ? '<=' : '>='} ${bound.add(key)}::${term.type}`];

export interface Asked {
  readonly where: readonly string[];
  readonly order: Omit<Ordering, 'named'>;
  readonly size: number;
  readonly token: string | undefined;
  /** What a token is bound to: another search refuses it. */
  readonly scope: readonly unknown[];
  /** SQL for what a row gives to the page: its JSON, or an id to make it by. */
  readonly shown: string;
}

/** Rows of one rank, or of a search without ranks, as `shown`; all sort keys come along as `#0`, `#1` … */
const readPart = async (
  db: Db,
  what: Searchable,
  bound: Bound,
  { where, order, shown }: Pick<Asked, 'where' | 'order' | 'shown'>,
  {
    varying,
    keys,
    limit,
  }: { varying: readonly Term[]; keys: readonly KeyValue[] | undefined; limit: number },
): Promise<Row[]> => {
  const all =
    keys === undefined ? where : [...where, ...from(varying, keys, bound), after(varying, keys, bound)];
  const alias = what.from.slice(what.from.lastIndexOf(' ') + 1);
  const columns = order.terms.map((t, i) => `${t.sql} AS "#${i}"`).join(', ');
  const by = varying.map((t) => `${t.sql} ${t.descending ? 'DESC' : 'ASC'}`).join(', ');
  // JSON is made of what is on the page alone
  const found = `SELECT ${alias}.*, ${columns} FROM ${what.from} ${order.joins.join(' ')}
    WHERE ${all.join(' AND ')} ORDER BY ${by} LIMIT ${limit}`;
  const keyed = order.terms.map((_, i) => `"#${i}"`).join(', ');
  return rows(db, `SELECT ${shown} AS shown, ${keyed} FROM (${found}) ${alias}`, bound.values);
};

/** Reads rank by rank until there is one row more than asked for; NaN and absence have no order of their own. */
const read = async (
  db: Db,
  what: Searchable,
  bound: Bound,
  { where, order, size, shown }: Asked,
  keys: readonly KeyValue[] | undefined,
): Promise<Row[]> => {
  const { ranks, terms } = order;
  if (ranks === undefined)
    return readPart(db, what, bound, { where, order, shown }, { varying: terms, keys, limit: size + 1 });
  const start = Number(keys?.[0] ?? 0);
  if (ranks[start] === undefined) throw invalid('Invalid page token: it was not made by this server');
  const found: Row[] = [];
  for (let rank = start; rank < ranks.length && found.length <= size; rank++) {
    const fixed = rank === 0 ? 1 : 2;
    const part = {
      varying: terms.slice(fixed),
      keys: rank === start ? keys?.slice(fixed) : undefined,
      limit: size + 1 - found.length,
    };
    const asked = { where: [...where, ranks[rank] ?? ''], order, shown };
    found.push(...(await readPart(db, what, new Bound(bound.values), asked, part)));
  }
  return found;
};

export interface Page {
  /** What `shown` says of each row. */
  readonly items: readonly string[];
  readonly next: { readonly next_page_token?: string };
}

/** One page by keyset: rows written meanwhile shift nothing. */
export const searchPage = async (db: Db, what: Searchable, bound: Bound, asked: Asked): Promise<Page> => {
  const { order, size, token, scope } = asked;
  const types = order.terms.map((t) => t.type);
  const found = await read(db, what, bound, asked, readToken(token, scope, types));
  const items = found.slice(0, size).map((row) => String(row.shown));
  const last = found[size - 1];
  if (found.length <= size || last === undefined) return { items, next: {} };
  const keys = order.terms.map((_, i) => last[`#${i}`]);
  return { items, next: { next_page_token: writeToken(scope, keys) } };
};

/** The answer of a search whose items are JSON already; an empty list is left out, as MLflow does. */
export const pageJson = (name: string, { items, next }: Page): JsonText => {
  const found = items.length === 0 ? [] : [`"${name}":[${items.join(',')}]`];
  const token = next.next_page_token;
  const more = token === undefined ? [] : [`"next_page_token":${JSON.stringify(token)}`];
  return new JsonText(`{${[...found, ...more].join(',')}}`);
};
