import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KeyType, readToken, writeToken } from './page-token.ts';

const TYPES: KeyType[] = ['int8', 'float8', 'text', 'bool'];

test('keys come back as written, absent ones too', () => {
  const keys = fc.tuple(
    fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    fc.option(fc.double({ noNaN: true })),
    fc.option(fc.string({ unit: 'grapheme' })),
    fc.option(fc.boolean()),
  );
  fc.assert(
    fc.property(keys, fc.string(), (given, filter) => {
      const expected = given.map((k) => (k === null ? null : Object.is(k, -0) ? '-0' : String(k)));
      expect(readToken(writeToken([filter], given), [filter], TYPES)).toEqual(expected);
    }),
  );
});

test('bytes that are no token are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      expect(() => readToken(Buffer.from(bytes).toString('base64url'), ['x'], TYPES)).toThrow(
        /^Invalid page token/,
      );
    }),
  );
});

test('a token belongs to its search', () => {
  const token = writeToken(['runs', 'a'], [1n, 0.5, 'x', true]);
  expect(() => readToken(token, ['runs', 'b'], TYPES)).toThrow(/another search/);
  expect(() => readToken(token, ['runs', 'a'], ['int8', 'int8', 'text', 'bool'])).toThrow(
    /^Invalid page token/,
  );
  expect(readToken(undefined, ['runs', 'b'], TYPES)).toBeUndefined();
});
