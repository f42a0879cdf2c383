import { expect, test } from 'vitest';
import { effectUnit } from './effect-unit.ts';

test('a metric of the family is shown in its unit, any other by its name', () => {
  expect(effectUnit('ranking', 'orders')).toBe('orders per session');
  expect(effectUnit('ranking', 'relative_bias')).toBe('relative bias');
  expect(effectUnit('sixth', 'margin_cents')).toBe('margin cents');
});
