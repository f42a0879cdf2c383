import { type Refusal, refuse } from './refusal.ts';

/** Checks of one value, in the contract's order: a later phase runs only when the whole request passed the one before. */
export const PHASES = ['missing', 'type', 'finite', 'range'] as const;
export type Phase = (typeof PHASES)[number];

export interface Shape<T> {
  readonly optional: boolean;
  check(phase: Phase, value: unknown, path: string): Refusal | null;
  /** Called only on a value that passed every phase (or on undefined, where optional). */
  read(value: unknown): T;
}

// A shape of any type; each reads its own.
export type Fields = Readonly<Record<string, Shape<unknown>>>;
export type Read<F extends Fields> = { readonly [K in keyof F]: F[K] extends Shape<infer T> ? T : never };

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

export function checkFields(
  fields: Fields,
  phase: Phase,
  value: Record<string, unknown>,
  path = '',
): Refusal | null {
  for (const [name, shape] of Object.entries(fields)) {
    const found = checkField(shape, phase, value[name], join(path, name));
    if (found) return found;
  }
  return null;
}

function checkField(shape: Shape<unknown>, phase: Phase, value: unknown, path: string): Refusal | null {
  if (value !== undefined) return shape.check(phase, value, path);
  if (shape.optional || phase !== 'missing') return null;
  return refuse('missing-field', path, null, 'it is absent and has no default', `Give ${path}`);
}

export function readFields<F extends Fields>(fields: F, value: Record<string, unknown>): Read<F> {
  const entries = Object.entries(fields).map(([name, shape]) => [name, shape.read(value[name])]);
  return Object.fromEntries(entries) as Read<F>;
}

export function object<F extends Fields>(fields: F): Shape<Read<F>> {
  return {
    optional: false,
    check(phase, value, path) {
      if (isObject(value)) return checkFields(fields, phase, value, path);
      return phase === 'type' ? wrongType(path, value, 'an object') : null;
    },
    read: (value) => readFields(fields, value as Record<string, unknown>),
  };
}

export function optional<T>(shape: Shape<T>, otherwise: T): Shape<T> {
  return { ...shape, optional: true, read: (value) => (value === undefined ? otherwise : shape.read(value)) };
}

/** null is a value here, not a hole. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    optional: shape.optional,
    check: (phase, value, path) => (value === null ? null : shape.check(phase, value, path)),
    read: (value) => (value === null ? null : shape.read(value)),
  };
}

export const wrongType = (path: string, value: unknown, wanted: string): Refusal =>
  refuse('wrong-type', path, value, `it must be ${wanted}`, `Give ${wanted}`);

export interface ListRules {
  /** Fewer elements than this are too-few; none at all is empty. */
  readonly atLeast?: number;
  readonly mayBeEmpty?: boolean;
}

export function list<T>(shape: Shape<T>, { atLeast = 1, mayBeEmpty = false }: ListRules = {}): Shape<T[]> {
  const tooShort = (value: readonly unknown[], path: string): Refusal | null => {
    if (value.length === 0 && !mayBeEmpty)
      return refuse('empty', path, value, 'it has no element', `Give at least ${atLeast} of them`);
    if (value.length < atLeast && !mayBeEmpty)
      return refuse(
        'too-few',
        path,
        value,
        `${value.length} elements, ${atLeast} needed`,
        `Give at least ${atLeast}`,
      );
    return null;
  };
  return {
    optional: false,
    check(phase, value, path) {
      if (!Array.isArray(value)) return phase === 'type' ? wrongType(path, value, 'an array') : null;
      for (const [i, element] of value.entries()) {
        const found = shape.check(phase, element, `${path}[${i}]`);
        if (found) return found;
      }
      return phase === 'range' ? tooShort(value, path) : null;
    },
    read: (value) => (value as unknown[]).map((element) => shape.read(element)),
  };
}
