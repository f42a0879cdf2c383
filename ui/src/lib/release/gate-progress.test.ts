import type { ReleaseState } from '@assay/domain/release';
import { expect, test } from 'vitest';
import { gateProgress } from './gate-progress.ts';

const statuses = (state: ReleaseState, events: string[] = []): string =>
  gateProgress(state, events)
    .map((s) => s.status)
    .join(' ');

const effect = null;
test.for<{ name: string; state: ReleaseState; events: string[]; want: string }>([
  {
    name: 'just requested',
    state: { kind: 'requested' },
    events: ['release.requested'],
    want: 'active ahead ahead ahead ahead',
  },
  {
    name: 'canary after shadow',
    state: { kind: 'canary', step: 1, weight: 0.2, sinceMs: 0 },
    events: ['release.validated', 'shadow.started', 'canary.step'],
    want: 'passed passed active ahead ahead',
  },
  {
    name: 'waiting before the experiment',
    state: { kind: 'waiting-for-approval', point: 'experiment' },
    events: ['release.validated', 'shadow.started', 'canary.step'],
    want: 'passed passed passed waiting ahead',
  },
  {
    name: 'first champion skips what there is nothing to compare with',
    state: { kind: 'champion', gate: 'validation', effect },
    events: ['release.validated', 'release.promoted'],
    want: 'passed skipped skipped skipped passed',
  },
  {
    name: 'rolled back in the canary',
    state: { kind: 'rolled-back', gate: 'canary', reason: 'harm', effect },
    events: ['release.validated', 'shadow.started', 'canary.look'],
    want: 'passed passed failed not-reached not-reached',
  },
  {
    name: 'aborted where its record ends',
    state: { kind: 'aborted', by: 'ada', reason: 'no' },
    events: ['release.validated', 'shadow.started', 'release.aborted'],
    want: 'passed failed not-reached not-reached not-reached',
  },
])('gates: $name', ({ state, events, want }) => {
  expect(statuses(state, events)).toBe(want);
});

test('the canary names its step and weight', () => {
  const [, , canary] = gateProgress({ kind: 'canary', step: 1, weight: 0.25, sinceMs: 0 }, []);
  expect(canary?.detail).toBe('Step 2 at 25 %');
});
