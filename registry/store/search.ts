import { invalid } from './faults.ts';
import { type Clause, parseFilter } from './filter.ts';

/** How one kind of entity is searched: its columns, and tables of key and value beside it. */
export interface Searchable {
  /** The row's alias, e.g. `r`. */
  readonly texts: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, string>>;
  /** Entity → table and join condition; `numeric` compares doubles with a NaN flag. */
  readonly beside: Readonly<Record<string, { table: string; on: string; numeric?: boolean }>>;
}

export class Bound {
  readonly values: unknown[] = [];
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

const ENTITIES: Record<string, string> = {
  metrics: 'metric',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tags: 'tag',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  datasets: 'dataset',
};
const entityOf = (name: string) => ENTITIES[name] ?? name;
const SQL: Record<string, string> = { '!=': '<>' };
const TEXT_OPS = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'];
const NUMBER_OPS = ['=', '!=', '<', '<=', '>', '>='];

const compareText = (column: string, clause: Clause, bound: Bound): string => {
  const { op, value } = clause;
  if (!TEXT_OPS.includes(op) || typeof value === 'number' || value === null) {
    throw invalid(
      `Invalid clause on ${JSON.stringify(clause.key)}: a quoted string with one of ${TEXT_OPS.join(', ')} is required`,
    );
  }
  if (Array.isArray(value)) return `${op === 'IN' ? '' : 'NOT '}${column} = ANY(${bound.add(value)}::text[])`;
  // MLflow has no escape in LIKE: a backslash is a character
  return op.endsWith('LIKE')
    ? `${column} ${op} ${bound.add(value)} ESCAPE ''`
    : `${column} ${SQL[op] ?? op} ${bound.add(value)}`;
};

const compareNumber = (column: string, clause: Clause, bound: Bound, type: string): string => {
  const { op, value } = clause;
  if (!NUMBER_OPS.includes(op) || typeof value !== 'number') {
    throw invalid(
      `Invalid clause on ${JSON.stringify(clause.key)}: a number with one of ${NUMBER_OPS.join(', ')} is required`,
    );
  }
  return `${column} ${SQL[op] ?? op} ${bound.add(value)}::${type}`;
};

const besideCondition = (clause: Clause, place: Searchable['beside'][string], bound: Bound): string => {
  const row = `FROM ${place.table} b WHERE ${place.on} AND b.key = ${bound.add(clause.key)}`;
  if (clause.op === 'IS NULL') return `NOT EXISTS (SELECT 1 ${row})`;
  if (clause.op === 'IS NOT NULL') return `EXISTS (SELECT 1 ${row})`;
  if (place.numeric !== true) return `EXISTS (SELECT 1 ${row} AND ${compareText('b.value', clause, bound)})`;
  const number = compareNumber('b.value', clause, bound, 'float8');
  return `EXISTS (SELECT 1 ${row} AND ${clause.op === '!=' ? `(b.is_nan OR ${number})` : `(NOT b.is_nan AND ${number})`})`;
};

/** Conditions of a filter, joined by AND; keys and values are always bound parameters. */
export const conditions = (filter: string | undefined, what: Searchable, bound: Bound): string[] =>
  parseFilter(filter ?? '').map((clause) => {
    const entity = entityOf(clause.entity);
    const place = what.beside[entity];
    if (place !== undefined) return besideCondition(clause, place, bound);
    const text = entity === 'attribute' ? what.texts[clause.key] : what.texts[`${entity}.${clause.key}`];
    if (text !== undefined) return compareText(text, clause, bound);
    const number = entity === 'attribute' ? what.numbers[clause.key] : undefined;
    if (number !== undefined) return compareNumber(number, clause, bound, 'numeric');
    throw invalid(`Invalid filter: there is no ${entity} ${JSON.stringify(clause.key)} to search by`);
  });

const ORDER = /^\s*(?:([A-Za-z]+)\.)?(?:`([^`]+)`|"([^"]+)"|([^\s`"]+))(?:\s+(ASC|DESC))?\s*$/i;

const readOrder = (given: string): { entity: string; key: string; direction: string } => {
  const match = ORDER.exec(given);
  if (match === null)
    throw invalid(`Invalid order_by ${JSON.stringify(given)}: it must be "field [ASC|DESC]"`);
  const [, entity, ticked, quoted, bare, direction] = match;
  return {
    entity: entityOf(entity?.toLowerCase() ?? 'attribute'),
    key: ticked ?? quoted ?? bare ?? '',
    direction: (direction ?? 'ASC').toUpperCase(),
  };
};

/** ORDER BY terms; absent values come last whichever the direction, NaN just before them. */
export const ordering = (orderBy: readonly string[], what: Searchable, bound: Bound): string[] => {
  const seen = new Set<string>();
  return orderBy.flatMap((given) => {
    const { entity, key, direction } = readOrder(given);
    if (seen.has(`${entity}.${key}`))
      throw invalid(`Invalid order_by: ${JSON.stringify(key)} is named twice`);
    seen.add(`${entity}.${key}`);
    const place = what.beside[entity];
    if (place !== undefined) {
      const from = `FROM ${place.table} b WHERE ${place.on} AND b.key = ${bound.add(key)}`;
      const nan = place.numeric === true ? [`(SELECT b.is_nan ${from}) ASC NULLS LAST`] : [];
      return [...nan, `(SELECT b.value ${from}) ${direction} NULLS LAST`];
    }
    const column = entity === 'attribute' ? (what.texts[key] ?? what.numbers[key]) : undefined;
    if (column === undefined)
      throw invalid(`Invalid order_by: there is no ${entity} ${JSON.stringify(key)} to order by`);
    return [`${column} ${direction} NULLS LAST`];
  });
};

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
