import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answer } from './answer.ts';
import { METHODS } from './contract/methods.ts';

interface Tolerance {
  abs?: number;
  rel?: number;
  atMost?: number;
}
interface Case {
  id: string;
  method: string;
  request: object;
  expect: Record<string, unknown>;
  tolerance: Record<string, Tolerance>;
}
interface Reply {
  ok: boolean;
  result?: Record<string, unknown>;
  error?: { code: string; field: string; message: string; remedy: string };
}

const ask = (request: object): Reply => JSON.parse(answer(JSON.stringify(request))) as Reply;

function casesIn(folder: URL): Case[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { cases: Case[] }).cases);
}

/** What differs from the expected value beyond its tolerance, as "path: got, wanted". */
function differences(
  path: string,
  got: unknown,
  wanted: unknown,
  tolerance: Tolerance | undefined,
): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got) || got.length !== wanted.length)
      return [`${path}: not an array of ${wanted.length}`];
    return wanted.flatMap((each, i) => differences(`${path}[${i}]`, got[i], each, tolerance));
  }
  if (typeof wanted !== 'number' || typeof got !== 'number' || tolerance === undefined)
    return Object.is(got, wanted) || got === wanted
      ? []
      : [`${path}: ${String(got)}, wanted ${String(wanted)}`];
  const room = (tolerance.abs ?? 0) + (tolerance.rel ?? 0) * Math.abs(wanted);
  const within =
    tolerance.atMost === undefined ? Math.abs(got - wanted) <= room : got <= wanted * (1 + tolerance.atMost);
  return within ? [] : [`${path}: ${got}, wanted ${wanted}`];
}

function check({ request, expect: wanted, tolerance }: Case): string[] {
  const reply = ask(request);
  if (wanted.error !== undefined) {
    const { code, field } = wanted.error as { code: string; field: string };
    if (reply.error?.message === '' || reply.error?.remedy === '')
      return ['a refusal without message or remedy'];
    return reply.error?.code === code && reply.error.field === field
      ? []
      : [`${JSON.stringify(reply).slice(0, 300)}, wanted ${code} at ${field}`];
  }
  if (!reply.ok) return [JSON.stringify(reply.error)];
  return Object.entries(wanted).flatMap(([name, value]) =>
    differences(name, reply.result?.[name], value, tolerance[name] ?? tolerance['*']),
  );
}

const shared = new URL('../../../shared/reference/stats/cases/', import.meta.url);
const sharedCases = existsSync(shared) ? casesIn(shared) : [];
// Where ../shared is absent the project's own cases below hold the engine to the same contract.
describe.skipIf(sharedCases.length === 0)(
  'shared reference cases (skipped where ../shared/reference is absent)',
  () => {
    test.for(sharedCases.filter(({ method }) => METHODS.has(method) || method === 'no-such-method'))(
      '$id',
      (given) => {
        expect(check(given)).toEqual([]);
      },
    );
  },
);

const own = new URL('../../test/reference/stats/', import.meta.url);
const ownCases = (JSON.parse(readFileSync(new URL('cases.json', own), 'utf8')) as { cases: Case[] }).cases;

test.for(ownCases)('$id', (given) => {
  expect(check(given)).toEqual([]);
});

test('every method has a case of our own, and so has every refusal of the contract', () => {
  expect([...METHODS.keys()].filter((name) => !ownCases.some((each) => each.method === name))).toEqual([]);
  const refused = ownCases.map((each) => (each.expect.error as { code: string } | undefined)?.code);
  const codes = [
    'missing-field',
    'wrong-type',
    'not-finite',
    'out-of-range',
    'too-few',
    'empty',
    'length-mismatch',
    'sum-not-one',
    'constant',
    'zero-denominator',
    'no-overlap',
    'duplicate',
    'unknown-method',
    'unsupported-version',
  ];
  expect(codes.filter((code) => !refused.includes(code))).toEqual([]);
});

describe('the protocol', () => {
  const request = { method: 'srm', version: 1, counts: [50, 60], weights: [0.5, 0.5] };

  test.for(['', 'not json', '[1]', '3', 'null', '{"method":'])(
    'a line that is no JSON object: %s',
    (line) => {
      expect(JSON.parse(answer(line))).toMatchObject({ ok: false, error: { code: 'bad-json', field: '' } });
    },
  );

  test('the id comes back as sent, on answers and refusals, and only when it is text', () => {
    expect(JSON.parse(answer(JSON.stringify({ ...request, id: 'a/1' })))).toMatchObject({
      id: 'a/1',
      ok: true,
    });
    expect(JSON.parse(answer(JSON.stringify({ id: 'b' })))).toMatchObject({ id: 'b', ok: false });
    expect(JSON.parse(answer(JSON.stringify({ ...request, id: 7 })))).not.toHaveProperty('id');
  });

  test('the same request gives the same bytes', () => {
    expect(answer(JSON.stringify(request))).toBe(answer(JSON.stringify(request)));
  });

  test('an overflowing number is not finite', () => {
    const line =
      '{"method":"mean-difference","version":1,"control":{"n":5,"mean":1e999,"variance":1},"treatment":{"n":5,"mean":1,"variance":1}}';
    expect(JSON.parse(answer(line))).toMatchObject({
      error: { code: 'not-finite', field: 'control.mean', value: null },
    });
  });
});
