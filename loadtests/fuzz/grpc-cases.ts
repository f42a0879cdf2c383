import { gzipSync } from 'node:zlib';
import type { Prng } from '@assay/domain/prng';
import type {
  InferTensorContents,
  ModelInferRequest_InferInputTensor as InputTensor,
  ModelInferRequest,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { bytes, encode, frame, goodRequest, LIMIT_BYTES, pick, strangeName } from './message.ts';

/** One call, and how it may end: a grpc-status, "http 415", or "cut" (reset, or the connection closed). */
export interface GrpcCase {
  readonly kind: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client never ends the body; with `abandon` it resets the stream instead. */
  readonly open?: 'stays' | 'abandon';
  readonly allowed: readonly string[];
}

const OK = ['0'];
const INVALID = ['3'];
const BOMB = frame(gzipSync(Buffer.alloc(16 * LIMIT_BYTES)), 1);
const GZIP = { 'grpc-encoding': 'gzip' };
const NONE: InferTensorContents = {
  boolContents: [],
  intContents: [],
  int64Contents: [],
  uintContents: [],
  uint64Contents: [],
  fp32Contents: [],
  fp64Contents: [],
  bytesContents: [],
};
const DIMENSIONS = [
  0n,
  -1n,
  4n,
  2n ** 24n + 1n,
  2n ** 32n,
  2n ** 61n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const DATATYPES = ['FP16', 'FP64', 'BOOL', 'INT8', 'UINT64', 'BYTES', 'fp32', '', '__proto__', 'FP32 '];

type Change = (request: ModelInferRequest, random: Prng) => void;

const input = (request: ModelInferRequest, random: Prng): InputTensor => pick(random, request.inputs);

/** Changes after which a request is INVALID_ARGUMENT, whatever else it says. */
const UNFIT: Readonly<Record<string, Change>> = {
  'raw contents too short or long': (r, random) => {
    const i = random.int(2);
    const raw = r.rawInputContents[i] as Buffer;
    r.rawInputContents[i] = pick(random, [
      raw.subarray(1 + random.int(raw.length)),
      Buffer.concat([raw, bytes(random, 1 + random.int(64))]),
    ]);
  },
  'raw and typed contents': (r, random) => {
    input(r, random).contents = { ...NONE, fp32Contents: [1, 2, 3] };
  },
  'typed contents of another type': (r, random) => {
    r.rawInputContents = [];
    for (const t of r.inputs) t.contents = { ...NONE, fp32Contents: [1] };
    input(r, random).contents = pick(random, [
      { ...NONE, fp64Contents: [1] },
      { ...NONE, bytesContents: [bytes(random, 9)] },
      { ...NONE, uint64Contents: [2n ** 64n - 1n], fp32Contents: [1] },
    ]);
  },
  'a strange dimension': (r, random) => {
    const t = input(r, random);
    t.shape[random.int(t.shape.length)] = pick(random, DIMENSIONS);
  },
  'dimensions too many or few': (r, random) => {
    const t = input(r, random);
    t.shape = pick(random, [[], [...t.shape, 1n], Array.from({ length: 500 }, () => 1n)]);
  },
  'a value that is not finite': (r, random) => {
    const raw = pick(random, r.rawInputContents);
    const value = pick(random, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    raw.writeFloatLE(value, 4 * random.int(raw.length / 4));
  },
  'another datatype': (r, random) => {
    input(r, random).datatype = pick(random, DATATYPES);
  },
  'raw contents too many or few': (r, random) => {
    r.rawInputContents = pick(random, [
      r.rawInputContents.slice(1),
      [...r.rawInputContents, bytes(random, 4)],
      [],
    ]);
  },
  'an input under another name': (r, random) => {
    input(r, random).name = strangeName(random);
  },
  'an input twice or missing': (r, random) => {
    r.inputs = pick(random, [[...r.inputs, input(r, random)], r.inputs.slice(1), []]);
  },
  'an unknown output': (r, random) => {
    r.outputs = [{ name: strangeName(random), parameters: {} }];
  },
  'a unit id that is none': (r, random) => {
    r.parameters.unit_id = pick(random, [
      { parameterChoice: { $case: 'boolParam', value: true } },
      { parameterChoice: { $case: 'stringParam', value: 'x'.repeat(600) } },
      { parameterChoice: { $case: 'stringParam', value: '' } },
      { parameterChoice: { $case: 'doubleParam', value: Number.NaN } },
    ]);
  },
};

function unfit(random: Prng): GrpcCase {
  const [kind, change] = pick(random, Object.entries(UNFIT));
  const request = goodRequest(random);
  change(request, random);
  return { kind: `gRPC: ${kind}`, body: frame(encode(request)), allowed: INVALID };
}

function unknown(random: Prng): GrpcCase {
  const request = goodRequest(random);
  const name = strangeName(random);
  if (random.int(2) === 0 || name === '') request.modelName = `${name}?`;
  else request.modelVersion = name;
  return { kind: 'gRPC: an unknown endpoint or version', body: frame(encode(request)), allowed: ['5'] };
}

/** Flips bytes of a good message: what comes of it may even be good. */
function mutated(random: Prng): GrpcCase {
  const body = encode(goodRequest(random));
  for (let n = 1 + random.int(8); n > 0; n--) body[random.int(body.length)] = random.int(256);
  return { kind: 'gRPC: bytes flipped', body: frame(body), allowed: ['0', '3', '5'] };
}

const flood = (random: Prng): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: 150 + random.int(150) }, (_, i) => [`x-${i}`, 'y'.repeat(random.int(400))]),
  );

const WIRE: readonly ((random: Prng, good: Buffer) => GrpcCase)[] = [
  (_, good) => ({ kind: 'gRPC: good', body: frame(good), allowed: OK }),
  (_, good) => ({ kind: 'gRPC: good, gzip', body: frame(gzipSync(good), 1), headers: GZIP, allowed: OK }),
  (random) => ({
    kind: 'gRPC: random bytes',
    body: frame(bytes(random, random.int(300))),
    allowed: ['3', '5'],
  }),
  (random, good) => ({
    kind: 'gRPC: a message cut short',
    body: frame(good.subarray(0, random.int(good.length))),
    allowed: ['3', '5'],
  }),
  (random, good) => ({
    kind: 'gRPC: a truncated frame',
    body: frame(good).subarray(0, random.int(good.length + 5)),
    allowed: ['12', '13'],
  }),
  (random, good) => ({
    kind: 'gRPC: a frame that says to be over the limit',
    body: frame(good, 0, LIMIT_BYTES + 1 + random.int(2 ** 31 - LIMIT_BYTES)),
    allowed: ['8'],
  }),
  () => ({ kind: 'gRPC: gzip that unfolds past the limit', body: BOMB, headers: GZIP, allowed: ['8'] }),
  (random) => ({
    kind: 'gRPC: gzip that is none',
    body: frame(bytes(random, 1 + random.int(200)), 1),
    headers: GZIP,
    allowed: ['13'],
  }),
  (_, good) => ({
    kind: 'gRPC: an unknown encoding',
    body: frame(good, 1),
    headers: { 'grpc-encoding': 'zstd' },
    allowed: ['12'],
  }),
  (_, good) => ({
    kind: 'gRPC: two messages',
    body: Buffer.concat([frame(good), frame(good)]),
    allowed: ['12'],
  }),
  (_, good) => ({
    kind: 'gRPC: an unknown method',
    body: frame(good),
    headers: { ':path': '/inference.GRPCInferenceService/__proto__' },
    allowed: ['12'],
  }),
  (random, good) => ({
    kind: 'gRPC: a deadline that is none',
    body: frame(good),
    // grpc-js finds a deadline in some of them
    headers: { 'grpc-timeout': pick(random, ['soon', '1', '-1S', '9999999999S', '1m 2m']) },
    allowed: ['13', '0', '4'],
  }),
  (random, good) => ({
    kind: 'gRPC: another content type',
    body: frame(good),
    headers: { 'content-type': pick(random, ['application/json', 'text/plain', 'application/grp']) },
    allowed: ['http 415', 'cut'],
  }),
  (random, good) => ({
    kind: 'gRPC: a flood of headers',
    body: frame(good),
    headers: flood(random),
    allowed: ['cut', 'http 431'],
  }),
  (random, good) => ({
    kind: 'gRPC: a body that never ends, with a deadline',
    body: frame(good).subarray(0, random.int(good.length)),
    headers: { 'grpc-timeout': '30m' },
    open: 'stays',
    allowed: ['4'],
  }),
  (random, good) => ({
    kind: 'gRPC: a body that its client abandons',
    body: frame(good).subarray(0, random.int(good.length)),
    open: 'abandon',
    allowed: ['cut'],
  }),
];

export function grpcCase(random: Prng): GrpcCase {
  const dice = random.int(10);
  if (dice < 5) return unfit(random);
  if (dice < 6) return unknown(random);
  if (dice < 7) return mutated(random);
  return pick(random, WIRE)(random, encode(goodRequest(random)));
}
