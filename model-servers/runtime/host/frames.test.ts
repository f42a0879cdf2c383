import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Frame, FrameReader, frameHead } from './frames.ts';

test('property: frames come out as they went in, wherever the chunks end', () => {
  const frame = fc.record({ head: fc.record({ op: fc.string() }), data: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (frames, sizes) => {
        const bytes = Buffer.concat(frames.flatMap((f) => [frameHead(f.head, f.data.length), f.data]));
        const reader = new FrameReader();
        const found: Frame[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % Math.max(1, sizes.length)] ?? bytes.length;
          found.push(...reader.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(found.map((f) => [f.head, [...f.data]])).toEqual(frames.map((f) => [f.head, [...f.data]]));
        for (const f of found) expect(f.data.byteOffset).toBe(0);
      },
    ),
  );
});
