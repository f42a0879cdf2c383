import { expect, test } from 'vitest';
import { PROFILES } from './delivery-profile.ts';
import { afterHealing, afterLook, startWatching } from './monitor-rules.ts';

const profile = PROFILES.demo.monitor;
type Kind = 'drift' | 'stable' | 'no-data';

const after = (looks: readonly Kind[], start = startWatching()) =>
  looks.reduce((at, kind, i) => afterLook(at.progress, 1_000 * (i + 1), profile, kind), {
    next: 'stay',
    progress: start,
  } as ReturnType<typeof afterLook>);

test.for([
  { looks: ['drift'], next: 'stay' },
  { looks: ['drift', 'drift'], next: 'heal' },
  { looks: ['drift', 'stable', 'drift'], next: 'stay' },
  { looks: ['drift', 'no-data', 'drift'], next: 'heal' },
  { looks: ['no-data', 'no-data', 'no-data'], next: 'stay' },
] as const)('looks $looks → $next', ({ looks, next }) => {
  expect(after(looks).next).toBe(next);
});

test('rows to retrain on begin at the first drifted look', () => {
  expect(after(['stable', 'drift', 'drift']).progress.driftSinceMs).toBe(2_000);
});

test('a healing that failed pauses, twice as long each time, and the alarm waits for it', () => {
  const once = afterHealing(after(['drift', 'drift']).progress, 2_000, 4_000, false);
  expect(once.pausedUntilMs).toBe(42_000);
  expect(after(['drift', 'drift', 'drift'], once).next).toBe('stay');
  expect(afterHealing(once, 50_000, 4_000, false).pausedUntilMs).toBe(130_000);
  expect(afterHealing(once, 50_000, 4_000, true)).toMatchObject({
    failures: 0,
    pausedUntilMs: 0,
    sinceMs: 50_000,
  });
});
