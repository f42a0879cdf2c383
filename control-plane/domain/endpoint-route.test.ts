import { expect, test } from 'vitest';
import { applyRouteChange, type RouteChange } from './endpoint-route.ts';
import type { EndpointRoute } from './route-plan.ts';

const v = (version: string): { model: string; version: string; path: string } => ({
  model: 'm',
  version,
  path: `${version}.onnx`,
});
const route: EndpointRoute = {
  name: 'e',
  family: 'pricing',
  champion: v('1'),
  shadows: [],
  experiments: [],
  policy: { rules: [] },
  fallback: 'family-default',
  evidence: 'before-reply',
  pinnable: [],
};
const run = (...changes: RouteChange[]): EndpointRoute => changes.reduce(applyRouteChange, route);
const canary: RouteChange = { kind: 'canary', rollout: 'r', weight: 0.2, version: v('2') };
const experiment: RouteChange = {
  kind: 'experiment',
  experiment: {
    id: 'x',
    layer: { id: 'e', from: 0, to: 1 },
    arms: [
      { name: 'control', weight: 0.5 },
      { name: 'treatment', weight: 0.5, served: v('2') },
    ],
  },
};

test('a candidate that becomes canary is no shadow any more', () => {
  const after = run({ kind: 'shadow', version: v('2'), sample: 1 }, canary);
  expect(after.shadows).toEqual([]);
  expect(after.canary).toMatchObject({ version: '2', weight: 0.2 });
});

test('an experiment takes the place of the canary', () => {
  const after = run(canary, experiment);
  expect(after.canary).toBeUndefined();
  expect(after.experiments).toHaveLength(1);
});

test('withdraw leaves the champion alone, wherever the candidate was, and keeps it pinnable', () => {
  for (const change of [canary, experiment, { kind: 'shadow', version: v('2'), sample: 1 } as const]) {
    expect(run(change, { kind: 'withdraw', version: v('2') })).toEqual({ ...route, pinnable: [v('2')] });
  }
});

test('promote makes the candidate champion and keeps the former one pinnable', () => {
  const after = run(experiment, { kind: 'promote', version: v('2') });
  expect(after).toEqual({ ...route, champion: v('2'), pinnable: [v('1')] });
});

test('only the five most recent former versions stay pinnable', () => {
  const after = run(
    ...['2', '3', '4', '5', '6', '7', '8'].map((n): RouteChange => ({ kind: 'promote', version: v(n) })),
  );
  expect(after.pinnable.map((p) => p.version)).toEqual(['7', '6', '5', '4', '3']);
});

test('refuses a second canary', () => {
  expect(() => run(canary, { ...canary, rollout: 'other' })).toThrow(/"r" is running/);
});
