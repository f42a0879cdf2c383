import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

// RFC 8785, section 3.2.2 and 3.2.3: the documents printed there
test('prints the example of RFC 8785, section 3.2.2', () => {
  const numbers = [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001];
  const value = {
    numbers,
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('sorts keys by UTF-16 code units (RFC 8785, section 3.2.3)', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  expect([...canonicalJson(value).matchAll(/:(\d)/g)].map((m) => Number(m[1]))).toEqual([
    2, 4, 6, 7, 1, 5, 3,
  ]);
});

test.for([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', (value) => {
  expect(() => canonicalJson({ value })).toThrow(/JSON has no such number/);
});
