import { show } from '../interval-decision.ts';

/** When a result may be read: once at the planned end, at every look, at the looks planned, or it makes no claim about looks. */
export type Horizon = 'fixed' | 'always-valid' | 'planned-looks' | 'none';

export interface Sentence {
  readonly en: string;
  readonly de: string;
}

/** A reply's result or a request, as its fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** All that is said about one method; replies, pages and their tests are made from it. */
export interface Explanation {
  readonly horizon: Horizon;
  readonly formula: string;
  readonly reference: string;
  readonly use: string;
  readonly avoid: string;
  readonly assumptions: readonly string[];
  /** What the engine itself checks before it answers, beyond the shape of the request. */
  readonly checked: readonly string[];
  readonly sentence: (result: Fields, request: Fields) => Sentence;
}

type Part = string | number;

/** How one language writes a number, a missing bound, an empty list and a flag. */
interface Language {
  readonly number: (x: number) => string;
  readonly unbounded: string;
  readonly none: string;
  readonly yes: string;
  readonly no: string;
}

const ENGLISH: Language = { number: show, unbounded: 'unbounded', none: 'none', yes: 'yes', no: 'no' };
const GERMAN: Language = {
  number: (x) => show(x).replace('.', ','),
  unbounded: 'unbegrenzt',
  none: 'keine',
  yes: 'ja',
  no: 'nein',
};

/** A long list by its beginning: the reply has the rest. */
const MOST = 8;

function write(x: unknown, language: Language): string {
  if (typeof x === 'number') return language.number(x);
  if (typeof x === 'boolean') return x ? language.yes : language.no;
  if (!Array.isArray(x)) return x === null || x === undefined ? language.unbounded : String(x);
  if (x.length === 0) return language.none;
  const shown = x.slice(0, MOST).map((each) => write(each, language));
  return `${shown.join('; ')}${x.length > MOST ? '; …' : ''}`;
}

/**
 * A sentence in which {name} stands for the result's (or else the request's) field, {name.0} for an array's element from the
 * front and {name.-1} from the back, {name=0} for a field with a default.
 */
export function says(en: string, de: string): Explanation['sentence'] {
  return (result, request) => {
    const look = (path: string, otherwise: string | undefined): unknown => {
      const [name = '', index] = path.split('.');
      const value = result[name] ?? request[name] ?? (otherwise === undefined ? null : Number(otherwise));
      return index === undefined || !Array.isArray(value) ? value : value.at(Number(index));
    };
    const fill = (text: string, language: Language): string =>
      text.replace(/\{([\w.-]+)(?:=([\d.]+))?\}/g, (_, path: string, otherwise?: string) =>
        write(look(path, otherwise), language),
      );
    return { en: fill(en, ENGLISH), de: fill(de, GERMAN) };
  };
}

const level = ({ alpha }: Fields): number => 100 * (1 - (typeof alpha === 'number' ? alpha : 0.05));

/** "The mean differs by 0.3 (95 % interval 0.1 to 0.5, p = 0.003)." */
export function interval(en: Part, de: Part): Explanation['sentence'] {
  return (result, request) => {
    const { effect, lower, upper, p } = result;
    const percent = level(request);
    const [e, d] = [ENGLISH, GERMAN].map((language) => ({
      at: (x: unknown) => write(x, language),
      p: typeof p === 'number' ? `, p = ${write(p, language)}` : '',
    })) as [Written, Written];
    return {
      en: `${en} ${e.at(effect)} (${e.at(percent)} % interval ${e.at(lower)} to ${e.at(upper)}${e.p}).`,
      de: `${de} ${d.at(effect)} (${d.at(percent)}-%-Intervall ${d.at(lower)} bis ${d.at(upper)}${d.p}).`,
    };
  };
}

interface Written {
  readonly at: (x: unknown) => string;
  readonly p: string;
}

/** One sentence where a flag of the result is set, another where it is not. */
export function either(
  flag: string,
  yes: Explanation['sentence'],
  no: Explanation['sentence'],
): Explanation['sentence'] {
  return (result, request) => (result[flag] === true ? yes : no)(result, request);
}

export const INDEPENDENT = 'units are independent of each other, and each is counted once';
export const LARGE = 'the sample is large enough for the mean to be near normal';
export const RANDOMISED = 'units were assigned to arms at random';
export const NO_SPILLOVER = 'what one unit gets does not change another';
export const READ_ONCE =
  'it is read once, at the sample that was planned; give `plannedUnits` and an early reading is refused';
