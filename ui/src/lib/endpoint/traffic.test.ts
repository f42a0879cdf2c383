import type { TrafficView } from '@assay/domain/read-models';
import { expect, test } from 'vitest';
import { byActivity, liveSplit, totalsOf } from './traffic.ts';

const row = (arm: string, version: string, perSecond: number): TrafficView => ({
  model: 'm',
  version,
  arm,
  perSecond,
  answered: 100,
  guarded: 3,
  failed: 1,
});

test('shares are of what customers got; shadows stand apart', () => {
  const split = liveSplit([row('canary', '2', 2), row('shadow', '3', 8), row('champion', '1', 6)]);
  expect(split.perSecond).toBe(8);
  expect(split.segments.map((s) => [s.arm, s.share])).toEqual([
    ['champion', 0.75],
    ['canary', 0.25],
  ]);
  expect(split.shadows.map((s) => s.version)).toEqual(['3']);
});

test('arms without a request in the window are left out', () => {
  expect(liveSplit([row('champion', '1', 0)])).toEqual({ segments: [], shadows: [], perSecond: 0 });
});

test('totals add up over arms', () => {
  expect(totalsOf([row('champion', '1', 0), row('canary', '2', 1)])).toEqual({
    answered: 200,
    guarded: 6,
    failed: 2,
  });
});

test('what answers now comes first, busiest on top; the rest stays as it was', () => {
  const rows = [
    row('champion', '1', 0),
    row('canary', '2', 1),
    row('champion', '2', 9),
    row('pinned', '1', 0),
  ];
  const { now, earlier } = byActivity(rows);
  expect(now.map((t) => t.arm)).toEqual(['champion', 'canary']);
  expect(earlier.map((t) => t.arm)).toEqual(['champion', 'pinned']);
});
