import { expect, test } from 'vitest';
import { PROFILES } from './delivery-profile.ts';
import { defaultPlan, experimentRouteOf, TREATED_STORE } from './design.ts';
import { assertPlan } from './experiment.ts';
import { FAMILIES } from './families/all.ts';
import { FAMILY_NAMES } from './families/family.ts';
import { parseRoutePlan } from './route-plan.ts';

const planOf = (family: (typeof FAMILY_NAMES)[number]) =>
  defaultPlan({
    spec: FAMILIES[family],
    endpoint: FAMILIES[family].endpoint,
    owner: 'owner',
    champion: { model: 'm', version: '1' },
    candidate: { model: 'm', version: '2' },
    profile: PROFILES.demo,
  });

test.for(FAMILY_NAMES)('%s: the default plan may be registered and its route may be published', (family) => {
  const plan = planOf(family);
  expect(() => assertPlan(plan)).not.toThrow();
  const candidate = { model: 'm', version: '2', path: 'a/b.onnx' };
  const route = {
    name: plan.endpoint,
    family,
    champion: { model: 'm', version: '1', path: 'a/a.onnx' },
    experiments: [experimentRouteOf(plan, candidate)],
    policy: FAMILIES[family].policy,
  };
  const [parsed] = parseRoutePlan({ version: 1, endpoints: [route] }).endpoints;
  expect(parsed?.experiments[0]?.arms.map((a) => a.served?.version)).toEqual([undefined, '2']);
});

test('users are split in halves, stores are treated by name', () => {
  expect(planOf('ranking').arms.map((a) => a.weight)).toEqual([0.5, 0.5]);
  expect(planOf('ranking').treatedUnits).toBeUndefined();
  expect(planOf('forecasting').treatedUnits).toEqual([TREATED_STORE]);
  expect(planOf('forecasting').analysis).toBe('synthetic-control');
});

test('the hypothesis says direction, size and both versions', () => {
  expect(planOf('forecasting').hypothesis).toContain('lower than champion version 1 by 0.02');
});
