import { expect, test } from 'vitest';
import { formatAbsolute } from '../shared/format.ts';
import { scalarText } from './scalar-text.ts';

test.for([
  ['minDurationMs', 10_000, '10 s'],
  ['meanLatencyUs', 2_784, '2.784 ms'],
  ['atMs', 1_795_645_543_110, formatAbsolute(1_795_645_543_110)],
  ['at', 1_795_645_543_110, formatAbsolute(1_795_645_543_110)],
  ['sinceMs', 1_795_645_543_110, formatAbsolute(1_795_645_543_110)],
  ['rows', 1_523, '1,523'],
  ['what', 'at', 'at'],
  ['ok', true, 'yes'],
  ['effect', null, 'none'],
  ['digest', 'ab'.repeat(32), 'abababababab…'],
  ['p', undefined, '–'],
] as const)('%s: %s reads %s', ([key, value, text]) => {
  expect(scalarText(key, value)).toBe(text);
});
