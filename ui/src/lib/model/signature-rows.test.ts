import { expect, test } from 'vitest';
import { signatureRows } from './signature-rows.ts';

test('tensors of Assay, tensor specs and columns of MLflow', () => {
  expect(
    signatureRows({
      inputs: [
        { name: 'features', datatype: 'FP32', shape: [-1, 8] },
        { type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 3] } },
      ],
      outputs: [{ name: 'price', type: 'double', required: true }],
    }),
  ).toEqual([
    { side: 'input', name: 'features', type: 'FP32', shape: 'any × 8' },
    { side: 'input', name: 'input 2', type: 'float64', shape: 'any × 3' },
    { side: 'output', name: 'price', type: 'double', shape: 'a column' },
  ]);
});

test('what is written in another way has no rows', () => {
  expect(signatureRows(null)).toBeUndefined();
  expect(signatureRows({ inputs: 'free text', outputs: [] })).toBeUndefined();
  expect(signatureRows({ inputs: null, outputs: null })).toEqual([]);
});
