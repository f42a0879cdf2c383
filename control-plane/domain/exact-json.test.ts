import { expect, test } from 'vitest';
import { parseExact, stringifyExact } from './exact-json.ts';

const texts = [
  '{"step":9223372036854775807}',
  '{"step":-9223372036854775808}',
  '{"value":-0.0}',
  '{"value":5e-324,"list":[1,"NaN",null,true]}',
];

test.for(texts)('survives reading and writing: %s', (text) => {
  expect(stringifyExact(parseExact(text))).toBe(text);
});

test('only integers that a double cannot hold become BigInt', () => {
  expect(parseExact('[9007199254740991, 9007199254740993, 1e300]')).toEqual([
    9007199254740991,
    9007199254740993n,
    1e300,
  ]);
});
