import { expect, test } from 'vitest';
import { modeFor, NO_SIGNING, parseSigningPolicy } from './signing-policy.ts';

test('a family says something else than the rest', () => {
  const policy = parseSigningPolicy(
    '{"mode": "if-present", "families": {"pricing": "required", "vision": "off"}, "keys": {"team": "team.pub"}}',
  );
  expect(modeFor(policy, 'pricing')).toBe('required');
  expect(modeFor(policy, 'vision')).toBe('off');
  expect(modeFor(policy, 'ranking')).toBe('if-present');
  expect(modeFor(policy, null)).toBe('if-present');
  expect(modeFor(policy, 'poker')).toBe('if-present');
  expect(parseSigningPolicy('{}')).toEqual(NO_SIGNING);
});

test.for([
  ['no JSON', '{', undefined],
  ['a list', '[]', ''],
  ['a field that it has not', '{"modes": "off"}', 'modes'],
  ['a mode that there is not', '{"mode": "sometimes", "keys": {"a": "a"}}', 'mode'],
  ['a family that there is not', '{"families": {"poker": "off"}}', 'families'],
  ["a family's mode that there is not", '{"families": {"vision": true}}', 'families.vision'],
  ['families that are none', '{"families": []}', 'families'],
  ['keys that are none', '{"keys": "a.pub"}', 'keys'],
  ['a key without a file', '{"keys": {"a": 1}}', 'keys.a'],
  ['signatures by nobody', '{"mode": "required"}', 'keys'],
  ['signatures of a family by nobody', '{"families": {"vision": "if-present"}}', 'keys'],
] as const)('refused: %s', ([, text, field]) => {
  expect(() => parseSigningPolicy(text)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID', field }));
});
