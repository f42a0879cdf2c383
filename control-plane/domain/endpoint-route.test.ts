import { expect, test } from 'vitest';
import { applyRouteChange, candidateIn, type RouteChange } from './endpoint-route.ts';
import type { EndpointRoute, ExperimentRoute } from './route-plan.ts';

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
const canary = { kind: 'canary' as const, rollout: 'r', weight: 0.2, version: v('2') };
const experiment = {
  kind: 'experiment' as const,
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

const other = (more: Partial<ExperimentRoute>): RouteChange => ({
  kind: 'experiment',
  experiment: { ...experiment.experiment, id: 'y', ...more },
});

test.for([
  ['the same share', {}],
  ['a share that meets it', { layer: { id: 'e', from: 0.9, to: 1 } }],
  [
    'a design that names its units, in another layer',
    { layer: { id: 'f', from: 0, to: 1 }, treatedUnits: ['s'] },
  ],
] as const)('refuses a second experiment with %s', ([, more]) => {
  expect(() => run(experiment, other(more))).toThrow(expect.objectContaining({ code: 'ENDPOINT_BUSY' }));
});

test('two experiments go beside each other in shares that do not meet, and in layers of their own', () => {
  const half = {
    ...experiment,
    experiment: { ...experiment.experiment, layer: { id: 'e', from: 0, to: 0.5 } },
  };
  expect(run(half, other({ layer: { id: 'e', from: 0.5, to: 1 } })).experiments).toHaveLength(2);
  expect(run(experiment, other({ layer: { id: 'f', from: 0, to: 1 } })).experiments).toHaveLength(2);
});

test('an experiment does not take the units of somebody else’s canary', () => {
  const running = { ...canary, version: v('3') };
  expect(() => run(running, experiment)).toThrow(/canary "r" is running/);
});

test('finds a candidate wherever it gets traffic', () => {
  for (const change of [canary, experiment, { kind: 'shadow', version: v('2'), sample: 1 } as const])
    expect(candidateIn(run(change), { model: 'm', version: '2' })).toEqual(v('2'));
  expect(candidateIn(route, { model: 'm', version: '1' })).toBeUndefined();
});
