import { ModelInferRequest } from '@assay/proto/gen/inference/open_inference_grpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainRequest } from './plain-request.ts';

const name = fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 80 }), fc.string({ maxLength: 10 }));
const parameter = fc.oneof(
  {
    weight: 5,
    arbitrary: name.map((value) => ({ parameterChoice: { $case: 'stringParam' as const, value } })),
  },
  fc.boolean().map((value) => ({ parameterChoice: { $case: 'boolParam' as const, value } })),
);
const input = fc.record({
  name,
  datatype: fc.constantFrom('FP32', 'INT64', ''),
  shape: fc.array(fc.bigInt({ min: -2n, max: 2n ** 40n }), { maxLength: 4 }),
  parameters: fc.constant({}),
  contents: fc.constant(undefined),
});
const raw = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const request = fc.record({
  modelName: name,
  modelVersion: name,
  id: name,
  parameters: fc.dictionary(name, parameter, { maxKeys: 3 }),
  inputs: fc.array(input, { maxLength: 3 }),
  outputs: fc.array(fc.record({ name, parameters: fc.constant({}) }), { maxLength: 1 }),
  rawInputContents: fc.array(raw, { maxLength: 3 }),
});

/** What the generated decoder says, or that it refuses. */
function generated(message: Buffer): ModelInferRequest | 'refused' {
  try {
    return ModelInferRequest.decode(message);
  } catch {
    return 'refused';
  }
}

test('property: what is read plainly is what the generated decoder reads', () => {
  fc.assert(
    fc.property(request, (wanted) => {
      const message = Buffer.from(ModelInferRequest.encode(wanted).finish());
      const found = plainRequest(message);
      if (found !== undefined) expect(found).toEqual(ModelInferRequest.decode(message));
    }),
    { numRuns: 500 },
  );
});

test('property: bytes that were changed or cut are read the same way, or left to the generated decoder', () => {
  fc.assert(
    fc.property(request, fc.nat(), fc.nat(255), fc.nat(), (wanted, at, byte, cut) => {
      const whole = Buffer.from(ModelInferRequest.encode(wanted).finish());
      if (whole.length === 0) return;
      whole[at % whole.length] = byte;
      const message = whole.subarray(0, whole.length - (cut % 3));
      const found = plainRequest(message);
      if (found !== undefined) expect(found).toEqual(generated(message));
    }),
    { numRuns: 2_000 },
  );
});

test('a plain request is not left to the generated decoder', () => {
  const message = ModelInferRequest.encode({
    ...{ modelName: 'price', modelVersion: '', id: 'q', outputs: [] },
    parameters: { unit_id: { parameterChoice: { $case: 'stringParam', value: 'anna' } } },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2n, 300n], parameters: {}, contents: undefined }],
    rawInputContents: [Buffer.alloc(2400, 1)],
  }).finish();
  expect(plainRequest(Buffer.from(message))).toEqual(ModelInferRequest.decode(message));
});
