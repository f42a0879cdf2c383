import { expect, test } from 'vitest';
import { abortBlocked, abortConsequence, approveBlocked } from './rules.ts';

test('an ended release can be neither aborted nor approved, and says so', () => {
  const ended = { kind: 'aborted', by: 'ada', reason: 'no' } as const;
  expect(abortBlocked(ended)).toMatch(/has ended/);
  expect(approveBlocked(ended)).toMatch(/has ended/);
});

test('an open release can always be aborted', () => {
  expect(abortBlocked({ kind: 'requested' })).toBeUndefined();
  expect(abortBlocked({ kind: 'waiting-for-approval', point: 'ship' })).toBeUndefined();
});

test('approval is open only where the release waits for it', () => {
  expect(approveBlocked({ kind: 'shadowing', sinceMs: 0 })).toMatch(/No approval is open/);
  expect(approveBlocked({ kind: 'waiting-for-approval', point: 'canary' })).toBeUndefined();
});

test('the abort dialog says what happens to the units it serves', () => {
  expect(abortConsequence('m/2', { kind: 'canary', step: 0, weight: 0.1, sinceMs: 0 })).toContain(
    'go back to the champion',
  );
});
