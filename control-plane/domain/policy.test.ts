import { describe, expect, test } from 'vitest';
import { FAMILIES } from './families/all.ts';
import { parsePolicy } from './policy.ts';

const refused = (policy: unknown, family = 'pricing'): unknown => {
  try {
    parsePolicy(policy, family);
  } catch (cause) {
    return cause;
  }
  return undefined;
};

describe('parsePolicy', () => {
  test.for(Object.values(FAMILIES))('takes the default policy of $family', (spec) => {
    expect(parsePolicy(JSON.parse(JSON.stringify(spec.policy)), spec.family)).toEqual(spec.policy);
  });

  const good = { id: 'floor', kind: 'price-floor', limit: 100, action: 'clamp' };
  test.for([
    ['no list of rules', {}, 'rules', /list "rules"/],
    ['a rule without id', { rules: [{ ...good, id: '' }] }, 'rules[0].id', /no id/],
    [
      'an unknown kind',
      { rules: [{ ...good, kind: 'price-flor' }] },
      'rules[0].kind',
      /unknown kind "price-flor"; known: price-floor/,
    ],
    [
      'a kind named like a prototype member',
      { rules: [{ ...good, kind: 'constructor' }] },
      'rules[0].kind',
      /unknown kind/,
    ],
    [
      'a rule of another family',
      { rules: [{ ...good, kind: 'bid-cap' }] },
      'rules[0].kind',
      /for bidding, not pricing/,
    ],
    [
      'an action that the kind has not',
      { rules: [{ ...good, action: 'filter' }] },
      'rules[0].action',
      /cannot "filter"; it can clamp, fallback/,
    ],
    ['a limit that is missing', { rules: [{ ...good, limit: undefined }] }, 'rules[0].limit', /finite limit/],
    ['a limit that is NaN', { rules: [{ ...good, limit: Number.NaN }] }, 'rules[0].limit', /finite limit/],
    ['an id twice', { rules: [good, good] }, 'rules[1].id', /there twice/],
  ] as const)('refuses %s', ([, policy, field, message]) => {
    expect(refused(policy)).toMatchObject({
      code: 'POLICY_INVALID',
      field,
      message: expect.stringMatching(message),
    });
  });
});
