import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssayError } from './errors.ts';
import { PLAN_KEYS, parseRoutePlan } from './route-plan.ts';
import { ROUTE_PLAN_SCHEMA, schemaKeys } from './route-plan-schema.ts';

const COMMITTED = new URL('../../model-servers/route-plan.schema.json', import.meta.url);
const fits = new Ajv2020({ strict: false }).compile(ROUTE_PLAN_SCHEMA);

test('what is committed is what the code says (npx assay serve --schema > model-servers/route-plan.schema.json)', () => {
  expect(JSON.parse(readFileSync(COMMITTED, 'utf8'))).toEqual(JSON.parse(JSON.stringify(ROUTE_PLAN_SCHEMA)));
});

test.for(Object.keys(PLAN_KEYS) as (keyof typeof PLAN_KEYS)[])('the keys of %s are the parser’s', (part) => {
  expect([...schemaKeys(part)].sort()).toEqual([...PLAN_KEYS[part]].sort());
});

const served = { model: 'm', version: '1', path: 'm/1.onnx' };
const FULL = {
  version: 1,
  endpoints: [
    {
      name: 'shelf-price',
      family: 'pricing',
      champion: { ...served, digest: 'ab', hosting: { place: 'process', timeLimitMs: 500 } },
      canary: { ...served, version: '2', rollout: 'r', weight: 0.1 },
      shadows: [
        { ...served, version: '3', sample: 0.5 },
        { ...served, version: '4' },
      ],
      experiments: [
        {
          id: 'x',
          layer: { id: 'l', from: 0, to: 1 },
          arms: [
            { name: 'control', weight: 0.5 },
            { name: 'treatment', weight: 0.5, served },
          ],
        },
        {
          id: 'y',
          layer: { id: 'k', from: 0, to: 0.5 },
          arms: [
            { name: 'a', weight: 0.25 },
            { name: 'b', weight: 0.75 },
          ],
        },
      ],
      policy: {
        rules: [
          { id: 'floor', kind: 'price-floor', limit: 1, action: 'clamp' },
          { id: 'step', kind: 'max-step', limit: 0.2, action: 'fallback' },
        ],
      },
      fallback: 'none',
      evidence: 'fsync',
      pinnable: [{ ...served, version: '0', hosting: {} }],
    },
    { name: 'demand', family: 'forecasting', champion: served, canary: null, policy: {} },
    { name: 'rank', family: 'ranking', champion: served, policy: null },
  ],
};

/** Rules across fields, which no JSON Schema can say. */
const BEYOND = [
  /repeats the endpoint/,
  /weights sum to/,
  /names an arm twice/,
  /takes units or the id/,
  /there twice/,
  /layer\.to" must be a number/,
];

/** Undefined when both say the same. */
function disagreement(plan: unknown): string | undefined {
  const isFit = fits(plan);
  try {
    parseRoutePlan(plan);
    return isFit ? undefined : `only the schema refuses: ${JSON.stringify(fits.errors?.[0])}`;
  } catch (cause) {
    if (!(cause instanceof AssayError)) return `the parser broke: ${String(cause)}`;
    const { message } = cause;
    return !isFit || BEYOND.some((rule) => rule.test(message)) ? undefined : `only the parser: ${message}`;
  }
}

type Path = readonly (string | number)[];
const pathsOf = (value: unknown, at: Path = []): Path[] =>
  typeof value !== 'object' || value === null
    ? [at]
    : [at, ...Object.entries(value).flatMap(([k, v]) => pathsOf(v, [...at, Array.isArray(value) ? +k : k]))];

/** A copy with something else in one place. */
function changed(path: Path, value: unknown): unknown {
  if (path.length === 0) return value;
  const copy = structuredClone(FULL) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as typeof at;
  const last = path.at(-1) as string | number;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.parse(JSON.stringify(copy));
}

test('both take the full example', () => {
  expect(fits(FULL)).toBe(true);
  expect(parseRoutePlan(FULL).endpoints).toHaveLength(3);
});

test('property: the schema takes a plan exactly when the parser does', () => {
  const strange = fc.constantFrom<unknown>(
    ...[undefined, null, '', 'x', 0, 1, -1, 0.5, 2, true, [], {}, [{}], { rules: [] }, { rules: [{}] }],
    ...['pricing', 'ranking', 'clamp', 'review', 'in-stock', 'max-demand', 'async', 'none', served],
    ...[
      'inline',
      10_000_000,
      { place: 'thread' },
      { ...served, extra: 1 },
      { id: 'l', from: 0.5, to: 0.25 },
      [served],
      [{ name: 'a', weight: 1 }],
    ],
  );
  fc.assert(
    fc.property(fc.constantFrom(...pathsOf(FULL)), strange, (path, value) => {
      expect(disagreement(changed(path, value))).toBeUndefined();
    }),
    { numRuns: 3000 },
  );
});

test('property: a key too many is refused by both, wherever it is', () => {
  const objects = pathsOf(FULL).filter((path) => {
    const value = path.reduce<unknown>((v, k) => (v as Record<string | number, unknown>)[k], FULL);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !path.includes('policy');
  });
  for (const path of objects) {
    const plan = changed([...path, 'extra'], 1);
    expect([path, fits(plan)]).toEqual([path, false]);
    expect(() => parseRoutePlan(plan)).toThrow('is not known here');
  }
});
