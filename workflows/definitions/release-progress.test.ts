import { expect, test } from 'vitest';
import { minutesLeft } from './release-progress.ts';

test.for([
  [842_000, '14:02 left'],
  [59_500, '1:00 left'],
  [1, '0:01 left'],
  [0, 'soaked, the next look decides'],
  [-5_000, 'soaked, the next look decides'],
] as const)('%d ms: %s', ([ms, text]) => {
  expect(minutesLeft(ms)).toBe(text);
});
