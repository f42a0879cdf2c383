import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answer } from '../answer.ts';
import { METHODS } from '../contract/methods.ts';
import { EXPLANATIONS, type Explained } from './explain.ts';
import { pages, type Rates } from './page.ts';

const docs = new URL('../docs/', import.meta.url);
const own = new URL('../../../test/reference/stats/cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(own, 'utf8')) as {
  cases: { id: string; method: string; request: object; expect: { error?: unknown } }[];
};
const answered = cases.filter((each) => each.expect.error === undefined);

interface Reply {
  readonly result?: { readonly explanation?: Explained };
  readonly error?: { readonly code: string; readonly field: string; readonly remedy: string };
}
const ask = (request: object): Reply => JSON.parse(answer(JSON.stringify(request))) as Reply;

test('every method of the contract has its words, and none has words without being one', () => {
  expect(Object.keys(EXPLANATIONS).sort()).toEqual([...METHODS.keys()].sort());
});

test.for(answered.map(({ id, request, method }) => ({ id, request, method })))(
  '$id: the reply explains itself in English and German',
  ({ request, method }) => {
    const explanation = ask(request).result?.explanation;
    expect(explanation).toMatchObject({ method, reference: EXPLANATIONS[method]?.reference });
    for (const text of [explanation?.sentence.en, explanation?.sentence.de]) {
      expect(text).toMatch(/^\S.*[.!?]$/);
      expect(text).not.toMatch(/undefined|NaN|\[object|\{/);
    }
    expect(explanation?.assumptions.length).toBeGreaterThan(0);
  },
);

test('numbers are written as the language writes them', () => {
  const request = { method: 'proportion-interval', version: 1, successes: 25, n: 100 };
  const sentence = ask(request).result?.explanation?.sentence;
  expect(sentence?.en).toBe('The rate is 0.25, between 0.1755 and 0.343.');
  expect(sentence?.de).toBe('Die Rate ist 0,25, zwischen 0,1755 und 0,343.');
});

describe('a fixed-horizon result is marked, and refuses an early reading', () => {
  const arm = { n: 500, mean: 1, variance: 2 };
  const request = { method: 'mean-difference', version: 1, control: arm, treatment: arm };

  test('marked', () => {
    expect(ask(request).result?.explanation?.horizon).toBe('fixed');
    expect(ask({ ...request, method: 'asymptotic-cs' }).result?.explanation?.horizon).toBe('always-valid');
  });

  test('refused before the planned sample, answered from it on', () => {
    expect(ask({ ...request, plannedUnits: 1001 }).error).toMatchObject({
      ...{ code: 'too-few', field: 'plannedUnits', remedy: 'Wait for 1001 units, or ask asymptotic-cs' },
    });
    expect(ask({ ...request, plannedUnits: 1000 }).result).toBeDefined();
  });

  test.for([
    { name: 'rows', request: { method: 'permutation-test', control: [1, 2], treatment: [2, 3] }, units: 4 },
    { name: 'counts', request: { method: 'srm', counts: [5, 4], weights: [0.5, 0.5] }, units: 9 },
    { name: 'trials', request: { method: 'proportion-interval', successes: 2, n: 7 }, units: 7 },
  ])('units are counted in $name', ({ request: given, units }) => {
    expect(ask({ version: 1, ...given, plannedUnits: units }).result).toBeDefined();
    expect(ask({ version: 1, ...given, plannedUnits: units + 1 }).error?.code).toBe('too-few');
  });

  test('what may be read at any time takes no notice; what is no number of units is refused', () => {
    expect(ask({ ...request, method: 'asymptotic-cs', plannedUnits: 5000 }).result).toBeDefined();
    expect(ask({ ...request, plannedUnits: 2.5 }).error?.code).toBe('wrong-type');
    expect(ask({ ...request, plannedUnits: 0 }).error?.code).toBe('out-of-range');
    const without = {
      method: 'meta-analysis',
      version: 1,
      effect: [1, 2],
      variance: [1, 1],
      plannedUnits: 9,
    };
    expect(ask(without).error?.code).toBe('out-of-range');
  });
});

describe('a covariate measured after exposure is refused', () => {
  const side = { y: [1, 2, 4, 3], x: [1, 2, 3, 5] };
  const request = { method: 'cuped', version: 1, control: side, treatment: side };

  test('by its time', () => {
    const late = ask({ ...request, covariateUntilMs: 2000, exposureFromMs: 1000 });
    expect(late.error).toMatchObject({ code: 'out-of-range', field: 'covariateUntilMs' });
    expect(ask({ ...request, covariateUntilMs: 1000, exposureFromMs: 1000 }).result).toBeDefined();
  });

  test('one time without the other is refused too', () => {
    expect(ask({ ...request, covariateUntilMs: 1 }).error).toMatchObject({
      ...{ code: 'missing-field', field: 'exposureFromMs' },
    });
  });
});

test('the pages are what their words and the measured rates make them: node scripts/generate-method-pages.mjs', () => {
  const rates = JSON.parse(readFileSync(new URL('rates.json', docs), 'utf8')) as Rates;
  const made = pages(rates);
  for (const [name, text] of made) expect(readFileSync(new URL(name, docs), 'utf8'), name).toBe(text);
  expect(readdirSync(docs).sort()).toEqual([...made.keys(), 'rates.json'].sort());
});
