import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** Field numbers of onnx/onnx.proto (v1.17). */
const FLOAT = 1;
const LENGTH_DELIMITED = 2;

type Write = (w: BinaryWriter) => BinaryWriter;

const message = (field: number, write: Write): Write => {
  return (w) => w.uint32((field << 3) | LENGTH_DELIMITED).bytes(write(new BinaryWriter()).finish());
};
const text =
  (field: number, value: string): Write =>
  (w) =>
    w.uint32((field << 3) | LENGTH_DELIMITED).string(value);
const number =
  (field: number, value: number): Write =>
  (w) =>
    w.uint32(field << 3).int64(value);
const all =
  (...writes: readonly Write[]): Write =>
  (w) =>
    writes.reduce((at, write) => write(at), w);

const floats = (name: string, dims: readonly number[], values: readonly number[]): Write =>
  message(
    5,
    all(...dims.map((d) => number(1, d)), number(2, FLOAT), text(8, name), (w) =>
      w.uint32((9 << 3) | LENGTH_DELIMITED).bytes(new Uint8Array(Float32Array.from(values).buffer)),
    ),
  );

const valueInfo = (field: number, name: string, width: number): Write => {
  const shape = message(2, all(message(1, text(2, 'batch')), message(1, number(1, width))));
  return message(field, all(text(1, name), message(2, message(1, all(number(1, FLOAT), shape)))));
};

const node = (kind: string, inputs: readonly string[], output: string): Write =>
  message(1, all(...inputs.map((i) => text(1, i)), text(2, output), text(4, kind)));

const onnx = (graph: Write): Uint8Array =>
  all(number(1, 8), message(7, graph), message(8, number(2, 17)))(new BinaryWriter()).finish();

/** A real ONNX file: `probability = sigmoid(features · weights + bias)`, features [batch, n], probability [batch, 1]. */
export const logisticOnnx = (weights: readonly number[], bias: number): Uint8Array =>
  onnx(
    all(
      node('Gemm', ['features', 'weights', 'bias'], 'logit'),
      node('Sigmoid', ['logit'], 'probability'),
      text(2, 'logistic'),
      floats('weights', [weights.length, 1], weights),
      floats('bias', [1], [bias]),
      valueInfo(11, 'features', weights.length),
      valueInfo(12, 'probability', 1),
    ),
  );

const ramp = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => ((i % 7) - 3) / count);

/** A real ONNX file with `hidden` × `hidden` weights (four bytes each) between features [batch, n] and probability [batch, 1]. */
export const wideOnnx = (features: number, hidden: number): Uint8Array =>
  onnx(
    all(
      node('MatMul', ['features', 'first'], 'a'),
      node('MatMul', ['a', 'second'], 'b'),
      node('MatMul', ['b', 'third'], 'logit'),
      node('Sigmoid', ['logit'], 'probability'),
      text(2, 'wide'),
      floats('first', [features, hidden], ramp(features * hidden)),
      floats('second', [hidden, hidden], ramp(hidden * hidden)),
      floats('third', [hidden, 1], ramp(hidden)),
      valueInfo(11, 'features', features),
      valueInfo(12, 'probability', 1),
    ),
  );
