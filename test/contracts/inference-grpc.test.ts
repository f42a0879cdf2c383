import { once } from 'node:events';
import { connect } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { catEvidence } from '@assay/model-servers/evidence/cat';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@assay/proto/gen/google/rpc/status';
import {
  type InferParameter,
  ModelInferRequest,
  ModelInferResponse,
  type ModelStreamInferResponse,
  type RepositoryIndexResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import {
  type ClientDuplexStream,
  compressionAlgorithms,
  credentials,
  Metadata,
  makeClientConstructor,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { infer, rankingInputs, requestOf } from './inference-calls.ts';
import { endpoint, ModelServerProcess, served, until } from './inference-server.ts';

const INPUTS = rankingInputs([0.3, 0.1, 0.2]);
const LIMIT = 100_000;
const PATH = '/inference.GRPCInferenceService/ModelInfer';
let server: ModelServerProcess;

beforeAll(async () => {
  const plan = [
    endpoint('rank', 'ranking', 'ranking-affinity', { pinnable: [served('0', 'ranking-price')] }),
    endpoint('__proto__', 'ranking', 'ranking-affinity'),
    endpoint('fails', 'ranking', 'ranking-fails', { fallback: 'none' }),
  ];
  server = await ModelServerProcess.start(plan, { env: { ASSAY_MAX_MESSAGE_BYTES: String(LIMIT) } });
});
afterAll(() => server[Symbol.asyncDispose]());

type Stream = ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse>;

/** Sends all, then ends; what came back, and how the stream ended. */
async function exchange(requests: readonly ModelInferRequest[], metadata = new Metadata()) {
  const call: Stream = server.inference.modelStreamInfer(metadata);
  const answers: ModelStreamInferResponse[] = [];
  call.on('data', (answer: ModelStreamInferResponse) => answers.push(answer));
  const failed = once(call, 'error').then(([error]) => error as { code: number; details: string });
  const ended = once(call, 'end').then(() => undefined);
  for (const request of requests) call.write(request);
  call.end();
  return { answers, error: await Promise.race([failed, ended]) };
}

const ask = (id: string, name = 'rank'): ModelInferRequest => requestOf(name, INPUTS, { id, unit: 'u' });
const parameter = (answer: ModelStreamInferResponse | undefined, name: string): unknown =>
  answer?.inferResponse?.parameters[name]?.parameterChoice?.value;

test('a stream answers in order, an error belongs to its request, and the stream goes on', async () => {
  const { answers, error } = await exchange([ask('a'), ask('b', 'nowhere'), ask('c'), ask('d', '__proto__')]);
  expect(error).toBeUndefined();
  expect(answers.map((a) => a.inferResponse?.id)).toEqual(['a', 'b', 'c', 'd']);
  expect(answers.map((a) => a.errorMessage === '')).toEqual([true, false, true, true]);
  expect(answers[1]?.errorMessage).toContain('"nowhere"');
  expect(parameter(answers[1], 'error_reason')).toBe('ENDPOINT_UNKNOWN');
  expect(parameter(answers[1], 'error_status')).toBe('NOT_FOUND');
  expect(parameter(answers[2], 'arm')).toBe('champion');
  expect(answers[3]?.inferResponse?.modelName).toBe('__proto__');
});

test('a stream that wants statuses ends with the first error as its own', async () => {
  const metadata = new Metadata();
  metadata.set('triton_grpc_error', 'true');
  const { answers, error } = await exchange([ask('a'), ask('b', 'nowhere'), ask('c')], metadata);
  expect([answers.length, error?.code]).toEqual([1, 5]);
});

test('what a cancelled stream still had waiting never runs', async () => {
  const call: Stream = server.inference.modelStreamInfer();
  call.on('error', () => undefined);
  const first = once(call, 'data');
  for (let i = 0; i < 2000; i++) call.write(ask(`cancelled-${i}`));
  await first;
  call.cancel();
  expect((await infer(server, ask('after'))).version).toBe('1');
  const seen = async (): Promise<number> => {
    let n = 0;
    for await (const r of catEvidence(server.evidence, () => undefined))
      if (String(r.request_id).startsWith('cancelled-')) n++;
    return n;
  };
  // The server has noticed when two looks find the same
  let last = -1;
  const settled = await until('the stream has ended on the server', async () => {
    const now = await seen();
    if (now === last) return now;
    last = now;
    return undefined;
  });
  expect(settled).toBeGreaterThan(0);
  expect(settled).toBeLessThan(2000);
});

test('the index lists what a pin may name', async () => {
  const index = (repositoryName: string): Promise<RepositoryIndexResponse> =>
    new Promise((resolve, reject) => {
      server.inference.repositoryIndex({ repositoryName, ready: true }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  expect((await index('')).models).toEqual(
    [
      ['rank', '1'],
      ['rank', '0'],
      ['__proto__', '1'],
      ['fails', '1'],
    ].map(([name, version]) => ({ name, version, state: 'READY', reason: '' })),
  );
  await expect(index('other')).rejects.toMatchObject({ code: 5 });
});

test('parameters of every kind are taken; unit_id may be a text or an integer', async () => {
  const p = (parameterChoice: NonNullable<InferParameter['parameterChoice']>): InferParameter => ({
    parameterChoice,
  });
  const request = ask('p');
  request.parameters = {
    b: p({ $case: 'boolParam', value: true }),
    i: p({ $case: 'int64Param', value: -(2n ** 63n) }),
    s: p({ $case: 'stringParam', value: 'ü' }),
    d: p({ $case: 'doubleParam', value: Number.NaN }),
    u: p({ $case: 'uint64Param', value: 2n ** 64n - 1n }),
    constructor: p({ $case: 'stringParam', value: 'x' }),
    none: { parameterChoice: undefined },
    unit_id: p({ $case: 'int64Param', value: 7n }),
  };
  const { answer } = await infer(server, request);
  expect(answer.parameters.unit_id?.parameterChoice?.value).toBe('7');
  request.parameters.unit_id = p({ $case: 'doubleParam', value: 7 });
  await expect(infer(server, request)).rejects.toMatchObject({ code: 3 });
});

test('gzip and deflate are read', async () => {
  const Client = makeClientConstructor(
    {
      infer: {
        path: PATH,
        requestStream: false,
        responseStream: false,
        requestSerialize: (r: ModelInferRequest) => Buffer.from(ModelInferRequest.encode(r).finish()),
        requestDeserialize: ModelInferRequest.decode,
        responseSerialize: (r: ModelInferResponse) => Buffer.from(ModelInferResponse.encode(r).finish()),
        responseDeserialize: ModelInferResponse.decode,
      },
    },
    'inference',
  );
  for (const algorithm of ['gzip', 'deflate'] as const) {
    const client = new Client(server.grpc, credentials.createInsecure(), {
      'grpc.default_compression_algorithm': compressionAlgorithms[algorithm],
    });
    const answer = await new Promise<ModelInferResponse>((resolve, reject) => {
      client.infer?.(ask(algorithm), (error: Error | null, told: ModelInferResponse) =>
        error ? reject(error) : resolve(told),
      );
    });
    expect(answer.id).toBe(algorithm);
    client.close();
  }
});

/** One unary call, its frames as they are given; undefined status when the stream was cut. */
function raw(frames: Buffer, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${server.grpc}`);
    session.on('error', reject);
    const call = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let got: Record<string, unknown> = {};
    call.on('response', (h) => {
      got = { ...got, ...h };
    });
    call.on('trailers', (h) => {
      got = { ...got, ...h };
    });
    call.on('error', () => undefined);
    call.on('close', () => {
      session.close();
      resolve(got);
    });
    call.resume();
    call.end(frames);
  });
}

function frame(message: Uint8Array, compressed = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}
const good = (): Uint8Array => ModelInferRequest.encode(ask('raw')).finish();

test('bytes that are no message are INVALID_ARGUMENT with details', async () => {
  const got = await raw(frame(good().subarray(0, -3)));
  expect(got['grpc-status']).toBe('3');
  const { code, details } = Status.decode(Buffer.from(String(got['grpc-status-details-bin']), 'base64'));
  expect(code).toBe(3);
  const find = (type: string): Buffer =>
    details.find((d) => d.typeUrl === `type.googleapis.com/google.rpc.${type}`)?.value ?? Buffer.alloc(0);
  expect(ErrorInfo.decode(find('ErrorInfo'))).toMatchObject({ reason: 'REQUEST_INVALID', domain: 'assay' });
  expect(BadRequest.decode(find('BadRequest')).fieldViolations[0]?.field).toBe('message');
  expect(RetryInfo.decode(find('RetryInfo')).retryDelay).toBeUndefined();
});

test.for<{ name: string; frames: () => Buffer; headers?: Record<string, string>; status: string[] }>([
  { name: 'a good one', frames: () => frame(good()), status: ['0'] },
  {
    name: 'a good one, gzip',
    frames: () => frame(gzipSync(good()), 1),
    headers: { 'grpc-encoding': 'gzip' },
    status: ['0'],
  },
  { name: 'a length over the limit', frames: () => frame(good(), 0, LIMIT + 1), status: ['8'] },
  {
    name: 'gzip that unfolds past the limit',
    frames: () => frame(gzipSync(Buffer.alloc(50 * LIMIT)), 1),
    headers: { 'grpc-encoding': 'gzip' },
    status: ['8'],
  },
  {
    name: 'gzip that is none',
    frames: () => frame(good(), 1),
    headers: { 'grpc-encoding': 'gzip' },
    status: ['13'],
  },
  {
    name: 'an unknown encoding',
    frames: () => frame(good(), 1),
    headers: { 'grpc-encoding': 'snappy' },
    status: ['12'],
  },
  // grpc-js calls a stream that ends without a whole message unimplemented
  { name: 'a truncated frame', frames: () => frame(good()).subarray(0, -1), status: ['12', '13'] },
  { name: 'an empty body', frames: () => Buffer.alloc(0), status: ['12', '13'] },
  {
    name: 'an unknown method',
    frames: () => frame(good()),
    headers: { ':path': `${PATH}s` },
    status: ['12'],
  },
  {
    name: 'a deadline that is none',
    frames: () => frame(good()),
    headers: { 'grpc-timeout': 'soon' },
    status: ['13'],
  },
])('on the wire: $name', async ({ frames, headers, status }) => {
  expect(status).toContain((await raw(frames(), headers))['grpc-status']);
});

test('only gRPC is taken on the gRPC port', async () => {
  expect((await raw(frame(good()), { 'content-type': 'application/json' }))[':status']).toBe(415);
});

test('an internal failure shows nothing of the inside', async () => {
  const request = requestOf('fails', rankingInputs([0.1], { first: 5 }));
  const failed = await infer(server, request).catch((e: { code: number; details: string }) => e);
  expect(failed).toMatchObject({
    code: 13,
    details: 'Cannot answer: the model failed or something inside did',
  });
});
