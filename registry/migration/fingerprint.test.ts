import { expect, test } from 'vitest';
import { fingerprint } from './fingerprint.ts';

const run = {
  tags: [
    { key: 'a', value: '1' },
    { value: '2', key: 'b' },
  ],
  start: 2n ** 60n,
};

test('order of keys and of lists does not matter', () => {
  const other = {
    start: 2n ** 60n,
    tags: [
      { key: 'b', value: '2' },
      { key: 'a', value: '1' },
    ],
  };
  expect(fingerprint(other)).toBe(fingerprint(run));
});

test.for([
  {
    what: 'a value',
    changed: {
      ...run,
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '3' },
      ],
    },
  },
  { what: 'the last digit of an int64', changed: { ...run, start: 2n ** 60n + 1n } },
  { what: 'a missing tag', changed: { ...run, tags: [{ key: 'a', value: '1' }] } },
])('$what makes another fingerprint', ({ changed }) => {
  expect(fingerprint(changed)).not.toBe(fingerprint(run));
});
