import { describe, expect, test } from 'vitest';
import { parseRoutePlan } from './route-plan.ts';

const champion = { model: 'm', version: '1', path: 'm/1.onnx' };
const endpoint = { name: 'shelf-price', family: 'pricing', champion };
const plan = (change: Record<string, unknown>): unknown => ({
  version: 1,
  endpoints: [{ ...endpoint, ...change }],
});
const arms = [
  { name: 'control', weight: 0.5 },
  { name: 'treatment', weight: 0.5, served: { ...champion, version: '2' } },
];
const experiment = { id: 'x', layer: { id: 'l', from: 0, to: 1 }, arms };

describe('parseRoutePlan', () => {
  test('fills in what is absent', () => {
    expect(parseRoutePlan(plan({ policy: {} })).endpoints[0]).toEqual({
      ...endpoint,
      shadows: [],
      experiments: [],
      policy: { rules: [] },
      fallback: 'family-default',
      evidence: 'before-reply',
      pinnable: [],
    });
  });

  test('reads what it wrote', () => {
    const full = parseRoutePlan(
      plan({
        canary: { ...champion, version: '2', rollout: 'r', weight: 0.1 },
        shadows: [{ ...champion, version: '3' }],
        experiments: [experiment],
      }),
    );
    expect(parseRoutePlan(JSON.parse(JSON.stringify(full)))).toEqual(full);
  });

  test.for([
    ['another version', { version: 2, endpoints: [] }, 'version'],
    ['no object', [], ''],
    ['no endpoints', { version: 1 }, 'endpoints'],
    ['an unknown family', plan({ family: 'fraud' }), 'endpoints[0].family'],
    ['a misspelt key', plan({ shadow: [] }), 'endpoints[0].shadow'],
    ['a key of another part', plan({ champion: { ...champion, weight: 1 } }), 'endpoints[0].champion.weight'],
    ['an unknown key of the plan', { version: 1, endpoints: [], owner: 'me' }, 'owner'],
    ['no champion', plan({ champion: undefined }), 'endpoints[0].champion'],
    [
      'a champion without path',
      plan({ champion: { model: 'm', version: '1' } }),
      'endpoints[0].champion.path',
    ],
    [
      'a weight above 1',
      plan({ canary: { ...champion, rollout: 'r', weight: 1.5 } }),
      'endpoints[0].canary.weight',
    ],
    [
      'a weight that is no number',
      plan({ canary: { ...champion, rollout: 'r', weight: '0.1' } }),
      'endpoints[0].canary.weight',
    ],
    [
      'one arm',
      plan({ experiments: [{ ...experiment, arms: [{ name: 'a', weight: 1 }] }] }),
      'endpoints[0].experiments[0].arms',
    ],
    [
      'weights that do not sum to 1',
      plan({ experiments: [{ ...experiment, arms: [...arms, { name: 'c', weight: 0.1 }] }] }),
      'endpoints[0].experiments[0].arms',
    ],
    [
      'a layer that ends before it begins',
      plan({ experiments: [{ ...experiment, layer: { id: 'l', from: 0.5, to: 0.2 } }] }),
      'endpoints[0].experiments[0].layer.to',
    ],
    [
      'an arm twice',
      plan({ experiments: [{ ...experiment, arms: [arms[0], arms[0]] }] }),
      'endpoints[0].experiments[0].arms',
    ],
    [
      'an experiment twice',
      plan({ experiments: [experiment, { ...experiment, layer: { id: 'k', from: 0, to: 1 } }] }),
      'endpoints[0].experiments[1]',
    ],
    [
      'two experiments that want the same units',
      plan({ experiments: [experiment, { ...experiment, id: 'y', layer: { id: 'l', from: 0.9, to: 1 } }] }),
      'endpoints[0].experiments[1]',
    ],
    ['a policy that is an empty list', plan({ policy: [] }), 'endpoints[0].policy.rules'],
    ['an unknown fallback', plan({ fallback: 'guess' }), 'endpoints[0].fallback'],
    ['an unknown evidence mode', plan({ evidence: 'never' }), 'endpoints[0].evidence'],
    ['an endpoint twice', { version: 1, endpoints: [endpoint, endpoint] }, 'endpoints[1].name'],
  ] as const)('refuses %s', ([, value, field]) => {
    let caught: unknown;
    try {
      parseRoutePlan(value);
    } catch (cause) {
      caught = cause;
    }
    expect(caught).toMatchObject({
      code: field.includes('policy') ? 'POLICY_INVALID' : 'PLAN_INVALID',
      field,
    });
  });

  test('refuses an unknown policy rule as the policy does', () => {
    expect(() =>
      parseRoutePlan(plan({ policy: { rules: [{ id: 'a', kind: 'nope', action: 'clamp' }] } })),
    ).toThrow(/unknown kind "nope"/);
  });
});
