import type { Prng } from '@assay/domain/prng';
import { ModelInferRequest } from '@assay/proto/gen/inference/open_inference_grpc';

export const ENDPOINT = 'bid';
/** The server under attack takes this much; small, so that going over it is cheap. */
export const LIMIT_BYTES = 2 ** 20;
/** Long enough for a client that has to wait for its processor. */
export const REQUEST_TIMEOUT_MS = 5_000;

export const pick = <T>(random: Prng, of: readonly T[]): T => of[random.int(of.length)] as T;

export const bytes = (random: Prng, length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, () => random.int(256)));

export const strangeName = (random: Prng): string =>
  pick(random, [
    '__proto__',
    'constructor',
    'toString',
    '',
    ' ',
    '\u0000',
    'é'.repeat(300),
    '../../etc/passwd',
    'bid ',
  ]);

/** A request that the endpoint answers. */
export function goodRequest(random: Prng): ModelInferRequest {
  const rows = 1 + random.int(3);
  const floats = (n: number): Buffer =>
    Buffer.from(Float32Array.from({ length: n }, () => random.next()).buffer);
  const input = (name: string, shape: number[]) => ({
    name,
    datatype: 'FP32',
    shape: shape.map(BigInt),
    parameters: {},
    contents: undefined,
  });
  return {
    modelName: ENDPOINT,
    modelVersion: '',
    id: `f${random.int(2 ** 30)}`,
    parameters: { unit_id: { parameterChoice: { $case: 'stringParam', value: `u${random.int(1000)}` } } },
    inputs: [input('features', [rows, 10]), input('click_value_cents', [rows])],
    outputs: [],
    rawInputContents: [floats(rows * 10), floats(rows)],
  };
}

export const encode = (request: ModelInferRequest): Buffer =>
  Buffer.from(ModelInferRequest.encode(request).finish());

/** A gRPC frame; `length` may lie. */
export function frame(message: Buffer, compressed = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}
