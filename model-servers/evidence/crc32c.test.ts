import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

// RFC 3720, appendix B.4
test.for([
  { name: '32 zeros', bytes: new Uint8Array(32), crc: 0x8a9136aa },
  { name: '32 ones', bytes: new Uint8Array(32).fill(0xff), crc: 0x62a8ab43 },
  { name: '0 to 31', bytes: Uint8Array.from({ length: 32 }, (_, i) => i), crc: 0x46dd794e },
  { name: '31 to 0', bytes: Uint8Array.from({ length: 32 }, (_, i) => 31 - i), crc: 0x113fdb5c },
  { name: '"123456789"', bytes: new TextEncoder().encode('123456789'), crc: 0xe3069283 },
])('crc-32c of $name', ({ bytes, crc }) => {
  expect(crc32c(bytes)).toBe(crc);
});

function bitByBit(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  }
  return ~c >>> 0;
}

test('property: the same as bit by bit, at any alignment', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 20 }), (bytes, from) => {
      const part = bytes.subarray(from);
      return crc32c(part) === bitByBit(part);
    }),
  );
});
