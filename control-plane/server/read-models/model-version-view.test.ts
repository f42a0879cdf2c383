import { expect, test } from 'vitest';
import { signatureInMlmodel } from './model-version-view.ts';

test.for([
  [
    'as MLflow writes it, folded',
    `flavors:\n  onnx: {}\nsignature:\n  inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32",\n    "shape": [-1, 2]}, "name": "x"}]'\n  outputs: '[{"name": "it''s"}]'\n  params: null\nutc_time_created: 'now'\n`,
    {
      inputs: [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2] }, name: 'x' }],
      outputs: [{ name: "it's" }],
    },
  ],
  [
    'as we write it',
    'signature:\n  inputs: "[]"\n  outputs: "[{\\"name\\":\\"y\\"}]"\n',
    { inputs: [], outputs: [{ name: 'y' }] },
  ],
  ['without one', 'flavors:\n  onnx: {}\n', null],
  [
    'what cannot be read is not guessed',
    'signature:\n  inputs: *anchor\n  outputs: null\n',
    { inputs: null, outputs: null },
  ],
] as const)('signature in MLmodel: %s', ([, text, signature]) => {
  expect(signatureInMlmodel(text)).toEqual(signature);
});
