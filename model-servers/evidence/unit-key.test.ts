import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitKey } from './unit-key.ts';

test('property: the first half of Node’s own HMAC-SHA256, for keys and units of any length', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      fc.string({ unit: 'grapheme', maxLength: 3000 }),
      (key, unit) => {
        const secret = Buffer.from(key);
        const expected = createHmac('sha256', secret).update(unit).digest('hex').slice(0, 32);
        expect(unitKey(secret, unit)).toBe(expected);
        expect(unitKey(secret, unit)).toBe(expected);
      },
    ),
  );
});
