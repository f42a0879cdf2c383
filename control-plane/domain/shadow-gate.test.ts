import { expect, test } from 'vitest';
import type { ShadowAnswer } from './ports/evidence-source.ts';
import { judgeShadow, type ShadowLook } from './shadow-gate.ts';

const profile = { soakMs: 1_000, minRows: 100, timeoutMs: 10_000 };
const checks = [{ name: 'bias', label: 'bias', limit: 0.1 }];
const answer = (over: Partial<ShadowAnswer> = {}): ShadowLook => ({
  kind: 'read',
  answer: {
    rows: 200,
    failed: 0,
    tripped: 0,
    meanLatencyUs: 100,
    difference: {},
    checks: { bias: { value: 0.05, rows: 150 } },
    ...over,
  },
});

test.for([
  { name: 'all well after the soak', look: answer(), at: 1_500, kind: 'pass' },
  { name: 'all well, not soaked', look: answer(), at: 500, kind: 'stay' },
  { name: 'too few rows', look: answer({ rows: 99 }), at: 1_500, kind: 'stay' },
  { name: 'too few rows for too long', look: answer({ rows: 99 }), at: 10_001, kind: 'unreadable' },
  { name: 'no outcome for the check', look: answer({ checks: {} }), at: 1_500, kind: 'stay' },
  {
    name: 'biased upward',
    look: answer({ checks: { bias: { value: 0.11, rows: 150 } } }),
    at: 500,
    kind: 'reject',
  },
  {
    name: 'biased downward',
    look: answer({ checks: { bias: { value: -0.11, rows: 150 } } }),
    at: 500,
    kind: 'reject',
  },
  {
    name: 'bias that is no number',
    look: answer({ checks: { bias: { value: Number.NaN, rows: 150 } } }),
    at: 1_500,
    kind: 'stay',
  },
  { name: 'failures', look: answer({ failed: 3 }), at: 500, kind: 'reject' },
  { name: 'unreadable', look: { kind: 'unreadable', reason: 'gone' } as const, at: 1_500, kind: 'stay' },
  {
    name: 'unreadable for too long',
    look: { kind: 'unreadable', reason: 'gone' } as const,
    at: 10_001,
    kind: 'unreadable',
  },
])('shadow: $name → $kind', ({ look, at, kind }) => {
  expect(judgeShadow(checks, profile, at, look).kind).toBe(kind);
});
