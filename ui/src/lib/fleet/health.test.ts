import type { ServerView } from '@assay/domain/read-models';
import { expect, test } from 'vitest';
import { serverWords } from './health.ts';

const server: ServerView = {
  id: 'a',
  grpc: '127.0.0.1:1',
  http: '127.0.0.1:2',
  appliedVersion: 7,
  refused: null,
  lastSeenMs: 100_000,
};

test.for([
  { name: 'fresh and newest', change: {}, nowMs: 101_000, want: 'Up to date' },
  { name: 'an older route plan', change: { appliedVersion: 6 }, nowMs: 101_000, want: 'Behind' },
  { name: 'a refused plan', change: { refused: 'no such file' }, nowMs: 101_000, want: 'Refused routes' },
  { name: 'no report for long', change: {}, nowMs: 200_000, want: 'Silent' },
])('server: $name', ({ change, nowMs, want }) => {
  expect(serverWords({ ...server, ...change }, 7, nowMs).label).toBe(want);
});
