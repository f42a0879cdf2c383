import { prng } from '@assay/domain/prng';
import { ModelInferRequest } from '@assay/proto/gen/inference/open_inference_grpc';

const CONTEXT = 7;

/** gRPC's length-prefixed message (gRPC over HTTP/2, "Length-Prefixed-Message"), not compressed. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** Requests of different units and products, the same for the same seed. Their messages, not framed. */
export function requests(count: number, rows: number, seed = 7): readonly Buffer[] {
  const random = prng(`serving/${seed}/${rows}`);
  const floats = (n: number, draw: () => number): Buffer =>
    Buffer.from(Float32Array.from({ length: n }, draw).buffer);
  const tensor = (name: string, shape: readonly number[]): ModelInferRequest['inputs'][number] => ({
    name,
    datatype: 'FP32',
    shape: shape.map(BigInt),
    parameters: {},
    contents: undefined,
  });
  return Array.from({ length: count }, (_, i) => {
    const reference = Array.from({ length: rows }, () => 100 + 400 * random.next());
    return Buffer.from(
      ModelInferRequest.encode({
        modelName: 'shelf-price',
        modelVersion: '',
        id: `request-${i}`,
        parameters: { unit_id: { parameterChoice: { $case: 'stringParam', value: `unit-${i}` } } },
        inputs: [
          tensor('context', [rows, CONTEXT]),
          tensor('reference_price_cents', [rows]),
          tensor('cost_cents', [rows]),
        ],
        outputs: [],
        rawInputContents: [
          floats(rows * CONTEXT, () => random.normal()),
          Buffer.from(Float32Array.from(reference).buffer),
          Buffer.from(Float32Array.from(reference, (r) => r * 0.6).buffer),
        ],
      }).finish(),
    );
  });
}
