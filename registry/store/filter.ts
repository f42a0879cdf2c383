import { invalid } from './faults.ts';

export interface Clause {
  readonly entity: string;
  readonly key: string;
  readonly op: string;
  readonly value: string | number | readonly string[] | null;
}

const TOKEN =
  /\s*(?:('[^']*'|"[^"]*")|(`[^`]*`)|(-?\d+(?:\.\d*)?(?:[eE]-?\d+)?(?![\w.]))|(!=|<=|>=|=|<|>)|([(),.])|([\p{L}_][\p{L}\p{N}_\-/:]*)|(\S))/uy;

interface Token {
  readonly kind: 'text' | 'tick' | 'number' | 'op' | 'mark' | 'word';
  readonly text: string;
}
const KINDS = ['text', 'tick', 'number', 'op', 'mark', 'word'] as const;

const tokenize = (filter: string): Token[] => {
  const tokens: Token[] = [];
  const scan = new RegExp(TOKEN);
  const end = filter.trimEnd().length;
  while (scan.lastIndex < end) {
    const match = scan.exec(filter);
    const at = match?.slice(1).findIndex((group) => group !== undefined) ?? -1;
    const kind = KINDS[at];
    if (match === null || kind === undefined)
      throw invalid(
        `Invalid filter ${JSON.stringify(filter)}: unexpected ${JSON.stringify(match?.[7] ?? '')}`,
      );
    tokens.push({ kind, text: match[at + 1] ?? '' });
  }
  return tokens;
};

const unquote = (s: string) => s.slice(1, -1);

/** MLflow's search grammar: `entity.key op value [AND …]`; anything else is refused, never guessed. */
export const parseFilter = (filter: string): Clause[] => {
  const tokens = tokenize(filter);
  let at = 0;
  const fail = (what: string) => invalid(`Invalid filter ${JSON.stringify(filter)}: ${what}`);
  const next = (what: string): Token => {
    const token = tokens[at++];
    if (token === undefined) throw fail(`${what} is missing at the end`);
    return token;
  };
  const isWord = (word: string) => tokens[at]?.kind === 'word' && tokens[at]?.text.toUpperCase() === word;
  const name = (): { entity: string; key: string } => {
    const parts: string[] = [];
    do {
      const token = next('a key');
      if (token.kind === 'mark' || token.kind === 'op') throw fail(`unexpected ${token.text}`);
      parts.push(token.kind === 'tick' || token.kind === 'text' ? unquote(token.text) : token.text);
    } while (tokens[at]?.text === '.' && at++ >= 0);
    const [first = '', ...rest] = parts;
    return rest.length === 0
      ? { entity: 'attribute', key: first }
      : { entity: first.toLowerCase(), key: rest.join('.') };
  };
  const members = (): string[] => {
    if (next('(').text !== '(') throw fail('IN needs a list in parentheses');
    const values: string[] = [];
    while (true) {
      const token = next('a value');
      if (token.kind !== 'text') throw fail('IN takes quoted strings');
      values.push(unquote(token.text));
      const mark = next(')').text;
      if (mark === ')') return values;
      if (mark !== ',') throw fail('the list needs commas');
    }
  };
  const take = (word: string): boolean => {
    if (!isWord(word)) return false;
    at += 1;
    return true;
  };
  const operator = (): string => {
    const token = next('a comparator');
    const word = token.text.toUpperCase();
    if (token.kind === 'op' || ['LIKE', 'ILIKE', 'IN'].includes(word)) return word;
    if (word === 'NOT' && take('IN')) return 'NOT IN';
    const absence = take('NOT') ? 'IS NOT NULL' : 'IS NULL';
    if (word === 'IS' && take('NULL')) return absence;
    throw fail(`${JSON.stringify(token.text)} is no comparator`);
  };
  const value = (op: string): Clause['value'] => {
    if (op.startsWith('IS')) return null;
    if (op.endsWith('IN')) return members();
    const token = next('a value');
    if (token.kind === 'text') return unquote(token.text);
    if (token.kind === 'number') return Number(token.text);
    throw fail(`${JSON.stringify(token.text)} must be quoted`);
  };
  const clauses: Clause[] = [];
  while (at < tokens.length) {
    const { entity, key } = name();
    const op = operator();
    clauses.push({ entity, key, op, value: value(op) });
    if (at < tokens.length && !(isWord('AND') && at++ >= 0))
      throw fail(`only AND joins clauses, not ${JSON.stringify(tokens[at]?.text)}`);
  }
  return clauses;
};
