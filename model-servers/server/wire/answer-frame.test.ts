import { type InferParameter, ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerFrame } from './answer-frame.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const parameter: fc.Arbitrary<InferParameter> = fc.oneof(
  text.map((value) => ({ parameterChoice: { $case: 'stringParam' as const, value } })),
  fc.boolean().map((value) => ({ parameterChoice: { $case: 'boolParam' as const, value } })),
  fc
    .bigInt({ min: 0n, max: 2n ** 53n - 1n })
    .map((value) => ({ parameterChoice: { $case: 'int64Param' as const, value } })),
);
const response = fc.record({
  modelName: text,
  modelVersion: text,
  id: text,
  parameters: fc.dictionary(
    text.filter((name) => name !== '__proto__'),
    parameter,
    { maxKeys: 4 },
  ),
  outputs: fc.array(
    fc.record({
      name: text,
      datatype: text,
      shape: fc.array(fc.bigInt({ min: 0n, max: 2n ** 40n }), { maxLength: 3 }),
      parameters: fc.constant({}),
      contents: fc.constant(undefined),
    }),
    { maxLength: 3 },
  ),
  rawOutputContents: fc.array(
    fc.uint8Array({ maxLength: 3000 }).map((b) => Buffer.from(b)),
    { maxLength: 3 },
  ),
});

test('property: a frame is the message of the generated encoder, after its length', () => {
  fc.assert(
    fc.property(response, (wanted) => {
      const frame = answerFrame(wanted);
      expect(frame[0]).toBe(0);
      expect(frame.readUInt32BE(1)).toBe(frame.length - 5);
      expect(ModelInferResponse.decode(frame.subarray(5))).toEqual(
        ModelInferResponse.decode(ModelInferResponse.encode(wanted).finish()),
      );
    }),
    { numRuns: 500 },
  );
});

test('a parameter of a kind that no answer has is an error, not an empty one', () => {
  const parameters = { x: { parameterChoice: { $case: 'doubleParam' as const, value: 1 } } };
  const empty = { modelName: '', modelVersion: '', id: '', outputs: [], rawOutputContents: [] };
  expect(() => answerFrame({ ...empty, parameters })).toThrow('"x" of kind doubleParam');
});
