import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  elementsOf,
  packBytes,
  rawOf,
  rawOfTyped,
  strangeField,
  typedOfRaw,
  unpackBytes,
} from './datatypes.ts';

const int = (bits: number, signed: boolean): fc.Arbitrary<number> =>
  signed
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 });

const CASES: { datatype: string; field: string; size: number; value: fc.Arbitrary<unknown> }[] = [
  { datatype: 'BOOL', field: 'boolContents', size: 1, value: fc.boolean() },
  { datatype: 'INT8', field: 'intContents', size: 1, value: int(8, true) },
  { datatype: 'UINT8', field: 'uintContents', size: 1, value: int(8, false) },
  { datatype: 'INT16', field: 'intContents', size: 2, value: int(16, true) },
  { datatype: 'UINT16', field: 'uintContents', size: 2, value: int(16, false) },
  { datatype: 'INT32', field: 'intContents', size: 4, value: int(32, true) },
  { datatype: 'UINT32', field: 'uintContents', size: 4, value: int(32, false) },
  {
    datatype: 'INT64',
    field: 'int64Contents',
    size: 8,
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  },
  {
    datatype: 'UINT64',
    field: 'uint64Contents',
    size: 8,
    value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  },
  { datatype: 'FP32', field: 'fp32Contents', size: 4, value: fc.float({ noNaN: true }) },
  { datatype: 'FP64', field: 'fp64Contents', size: 8, value: fc.double({ noNaN: true }) },
];

test.for(CASES)(
  'property: $datatype comes back from raw bytes as it was',
  ({ datatype, field, size, value }) => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const typed = { ...typedOfRaw('', Buffer.alloc(0)), [field]: values };
        const raw = rawOfTyped(datatype, typed);
        expect(raw.length).toBe(values.length * size);
        expect(elementsOf(datatype, raw)).toEqual(values);
        expect(typedOfRaw(datatype, raw)).toEqual(typed);
        expect(strangeField(datatype, typed)).toBeUndefined();
      }),
    );
  },
);

test('bytes carry their lengths', () => {
  expect(packBytes([Buffer.from('ab'), Buffer.from('')])).toEqual(
    Buffer.from([2, 0, 0, 0, 97, 98, 0, 0, 0, 0]),
  );
});

test('values in the field of another datatype are found', () => {
  const typed = { ...typedOfRaw('', Buffer.alloc(0)), fp64Contents: [1] };
  expect(strangeField('FP32', typed)).toBe('fp64Contents');
});

test('property: bytes come back from raw as they were, and lengths that do not fit are found', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (elements) => {
      const raw = packBytes(elements);
      expect(unpackBytes(raw)?.map((b) => [...b])).toEqual(elements.map((e) => [...e]));
      expect(unpackBytes(Buffer.concat([raw, Buffer.from([1])]))).toBeUndefined();
      expect(unpackBytes(Buffer.concat([raw, Buffer.from([9, 0, 0, 0, 1])]))).toBeUndefined();
    }),
  );
});

test('half floats: the nearest of 16 bits, little-endian (IEEE 754-2019, binary16)', () => {
  // 1.0 is 0x3c00, the largest is 65504 (0x7bff), 1/3 is 0x3555
  expect(rawOf('FP16', [1, 65504, 1 / 3, -2])).toEqual(
    Buffer.from([0x00, 0x3c, 0xff, 0x7b, 0x55, 0x35, 0x00, 0xc0]),
  );
  expect(elementsOf('FP16', Buffer.from([0x55, 0x35]))).toEqual([0.333251953125]);
});
