import { invalid } from './faults.ts';

/** One comparison of a filter, as written: `entity` is undefined when the key has no prefix. */
export interface Clause {
  readonly entity: string | undefined;
  readonly key: string;
  readonly op: string;
  readonly value: Literal;
}
export type Literal =
  | { readonly kind: 'text' | 'number'; readonly value: string }
  | { readonly kind: 'list'; readonly value: readonly string[] }
  | { readonly kind: 'none' };

export interface Order {
  readonly entity: string | undefined;
  readonly key: string;
  readonly descending: boolean;
}

const TOKEN =
  /\s*(?:('[^']*'|"[^"]*")|(`[^`]*`)|(-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE]-?\d+)?(?![\w.]))|(!=|<=|>=|=|<|>)|([(),.])|([\p{L}_][\p{L}\p{N}_\-/:]*)|(\S))/uy;
const KINDS = ['text', 'tick', 'number', 'op', 'mark', 'word'] as const;

interface Token {
  readonly kind: (typeof KINDS)[number];
  readonly text: string;
}

const unquote = (s: string) => s.slice(1, -1);

/** Reads tokens one after another; every refusal quotes the whole text. */
class Reader {
  readonly #what: string;
  readonly #given: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(what: string, given: string) {
    this.#what = what;
    this.#given = given;
    this.#tokens = this.#tokenize();
  }

  #tokenize(): Token[] {
    const tokens: Token[] = [];
    const scan = new RegExp(TOKEN);
    const end = this.#given.trimEnd().length;
    while (scan.lastIndex < end) {
      const match = scan.exec(this.#given);
      const at = match?.slice(1).findIndex((group) => group !== undefined) ?? -1;
      const kind = KINDS[at];
      if (match === null || kind === undefined)
        throw this.fail(`unexpected ${JSON.stringify(match?.[7] ?? '')}`);
      tokens.push({ kind, text: match[at + 1] ?? '' });
    }
    return tokens;
  }

  fail(why: string) {
    return invalid(`Invalid ${this.#what} ${JSON.stringify(this.#given)}: ${why}`);
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get rest(): string {
    return JSON.stringify(this.#tokens[this.#at]?.text ?? '');
  }

  next(what: string): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw this.fail(`${what} is missing at the end`);
    return token;
  }

  takeWord(...words: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    const word = words.find((w) => token?.kind === 'word' && token.text.toUpperCase() === w);
    if (word !== undefined) this.#at += 1;
    return word;
  }

  atMark(mark: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'mark' && token.text === mark;
  }

  takeMark(mark: string): boolean {
    const found = this.atMark(mark);
    if (found) this.#at += 1;
    return found;
  }

  /** `key`, `entity.key` or `entity.key.with.dots`; any part in backticks or double quotes. */
  name(): { entity: string | undefined; key: string } {
    const parts: string[] = [];
    do {
      const token = this.next('a key');
      if (token.kind === 'mark' || token.kind === 'op' || token.text.startsWith("'"))
        throw this.fail(`unexpected ${token.text}`);
      parts.push(token.kind === 'tick' || token.kind === 'text' ? unquote(token.text) : token.text);
    } while (this.takeMark('.'));
    const [first = '', ...more] = parts;
    return more.length === 0 ? { entity: undefined, key: first } : { entity: first, key: more.join('.') };
  }
}

const operator = (reader: Reader): string => {
  if (reader.takeWord('NOT') !== undefined) {
    if (reader.takeWord('IN') !== undefined) return 'NOT IN';
    throw reader.fail('NOT is known only before IN');
  }
  if (reader.takeWord('IS') !== undefined) {
    const absence = reader.takeWord('NOT') === undefined ? 'IS NULL' : 'IS NOT NULL';
    if (reader.takeWord('NULL') !== undefined) return absence;
    throw reader.fail('IS needs NULL or NOT NULL');
  }
  const word = reader.takeWord('LIKE', 'ILIKE', 'IN');
  if (word !== undefined) return word;
  const token = reader.next('a comparator');
  if (token.kind !== 'op') throw reader.fail(`${JSON.stringify(token.text)} is no comparator`);
  return token.text;
};

const members = (reader: Reader): string[] => {
  if (!reader.takeMark('(')) throw reader.fail('IN needs a list in parentheses');
  const values: string[] = [];
  do {
    const token = reader.next('a value');
    if (token.kind !== 'text') throw reader.fail('IN takes quoted strings');
    values.push(unquote(token.text));
    // A comma after the last one is Python's spelling of a list of one
  } while (reader.takeMark(',') && !reader.atMark(')'));
  if (!reader.takeMark(')')) throw reader.fail('the list needs commas, and a parenthesis at its end');
  return values;
};

const literal = (reader: Reader, op: string): Literal => {
  if (op.startsWith('IS')) return { kind: 'none' };
  if (op.endsWith('IN')) return { kind: 'list', value: members(reader) };
  const token = reader.next('a value');
  if (token.kind === 'text') return { kind: 'text', value: unquote(token.text) };
  if (token.kind === 'number') return { kind: 'number', value: token.text };
  throw reader.fail(`${JSON.stringify(token.text)} must be quoted`);
};

/** MLflow's search grammar: `entity.key op value [AND …]`; anything else is refused, never guessed. */
export const parseFilter = (filter: string): Clause[] => {
  const reader = new Reader('filter', filter);
  const clauses: Clause[] = [];
  if (reader.done && filter !== '') throw reader.fail('it is blank');
  while (!reader.done) {
    const name = reader.name();
    const op = operator(reader);
    clauses.push({ ...name, op, value: literal(reader, op) });
    if (!reader.done && reader.takeWord('AND') === undefined)
      throw reader.fail(`only AND joins clauses, not ${reader.rest}`);
  }
  return clauses;
};

/** `field [ASC|DESC]`. */
export const parseOrder = (order: string): Order => {
  const reader = new Reader('order_by', order);
  const name = reader.name();
  const descending = reader.takeWord('ASC', 'DESC') === 'DESC';
  if (!reader.done) throw reader.fail(`it must be "field [ASC|DESC]", not ${reader.rest}`);
  return { ...name, descending };
};
