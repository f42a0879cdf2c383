import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { ModelInferRequest, ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fp32 } from './inference-calls.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

// ModelInfer does not go through grpc-js (model-servers/server/infer-streams.ts): whatever a client sends, it must be answered
// with the status that grpc-js gives for the same bytes to another unary method.

const SERVICE = '/inference.GRPCInferenceService/';
const LIMIT = 4096;

interface Answer {
  readonly http: number;
  readonly status: string;
  readonly message: string;
  readonly body: Buffer;
}

const framed = (message: Uint8Array, flag = 0): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

let server: ModelServerProcess;
let session: ClientHttp2Session;

beforeAll(async () => {
  server = await ModelServerProcess.start([endpoint('price', 'pricing', 'pricing-elastic')], {
    env: { ASSAY_MAX_MESSAGE_BYTES: String(LIMIT) },
  });
  session = connect(`http://${server.grpc}`);
});
afterAll(async () => {
  session.close();
  await server[Symbol.asyncDispose]();
});

/** Sends the parts as DATA frames of their own. */
function call(
  method: string,
  parts: readonly Uint8Array[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const stream = session.request({
    ...{
      ':method': 'POST',
      ':path': `${SERVICE}${method}`,
      te: 'trailers',
      'content-type': 'application/grpc',
    },
    ...headers,
  });
  let [http, status, message] = [0, '', ''];
  const chunks: Buffer[] = [];
  const read = (found: Record<string, unknown>): void => {
    if (found[':status'] !== undefined) http = Number(found[':status']);
    if (found['grpc-status'] !== undefined) status = String(found['grpc-status']);
    if (found['grpc-message'] !== undefined) message = decodeURI(String(found['grpc-message']));
  };
  stream.on('response', read);
  stream.on('trailers', read);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const part of parts) stream.write(part);
  stream.end();
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('close', () => resolve({ http, status, message, body: Buffer.concat(chunks) }));
  });
}

const request = (more: Partial<ModelInferRequest> = {}): Uint8Array => {
  const inputs = [
    fp32('context', [1, 7], [1, 2, 3, 4, 5, 6, 7]),
    fp32('reference_price_cents', [1], [200]),
    fp32('cost_cents', [1], [100]),
  ];
  return ModelInferRequest.encode({
    ...{ modelName: 'price', modelVersion: '', id: 'q-1', parameters: {}, outputs: [] },
    inputs: inputs.map(({ name, datatype, shape }) => ({
      ...{ name, datatype, shape: shape.map(BigInt), parameters: {}, contents: undefined },
    })),
    rawInputContents: inputs.map((i) => i.data),
    ...more,
  }).finish();
};

const answered = ({ status, body }: Answer): ModelInferResponse => {
  expect(status).toBe('0');
  expect(body.readUInt32BE(1)).toBe(body.length - 5);
  return ModelInferResponse.decode(body.subarray(5));
};

describe('the same as grpc-js', () => {
  const cases: readonly (readonly [string, readonly Uint8Array[], Readonly<Record<string, string>>?])[] = [
    ['no message', []],
    ['half a prefix', [Buffer.alloc(3)]],
    ['less than its length says', [framed(Buffer.alloc(9)).subarray(0, 8)]],
    ['two messages', [framed(Buffer.alloc(0)), framed(Buffer.alloc(0))]],
    ['bytes that are no message', [framed(Buffer.from([0x0a, 0x7f, 1]))]],
    ['a message over the limit', [framed(Buffer.alloc(LIMIT + 1))]],
    ['a length over the limit, and nothing else', [Buffer.from([0, 0x7f, 0xff, 0xff, 0xff])]],
    ['an encoding that nobody knows', [framed(Buffer.alloc(1), 1)], { 'grpc-encoding': 'snappy' }],
    ['gzip that is none', [framed(Buffer.from('none'), 1)], { 'grpc-encoding': 'gzip' }],
    ['another content type', [framed(Buffer.alloc(0))], { 'content-type': 'text/plain' }],
    ['a timeout that is none', [framed(Buffer.alloc(0))], { 'grpc-timeout': 'soon' }],
  ];
  test.for(cases)('%s', async ([, parts, headers]) => {
    const [ours, theirs] = await Promise.all([
      call('ModelInfer', parts, headers),
      call('ModelMetadata', parts, headers),
    ]);
    expect({ http: ours.http, status: ours.status }).toEqual({ http: theirs.http, status: theirs.status });
  });
});

test('a client that does not send all in time is told so, and so is one whose time had passed', async () => {
  const stream = session.request({
    ...{ ':method': 'POST', ':path': `${SERVICE}ModelInfer`, 'content-type': 'application/grpc' },
    'grpc-timeout': '50m',
  });
  const found = new Promise((resolve) => stream.on('response', (h) => resolve(h['grpc-status'])));
  stream.write(framed(request()).subarray(0, 20));
  expect(await found).toBe('4');
  stream.close();
  expect(await call('ModelInfer', [framed(request())], { 'grpc-timeout': '1n' })).toMatchObject({
    status: '4',
  });
});

test('a request in DATA frames of one byte is answered', async () => {
  const parts = [...framed(request())].map((byte) => Buffer.from([byte]));
  expect(answered(await call('ModelInfer', parts))).toMatchObject({ id: 'q-1', modelName: 'price' });
});

test('a compressed request is answered as the plain one', async () => {
  const compressed = framed(gzipSync(request()), 1);
  const found = answered(await call('ModelInfer', [compressed], { 'grpc-encoding': 'gzip' }));
  const plain = answered(await call('ModelInfer', [framed(request())]));
  expect(found.rawOutputContents).toEqual(plain.rawOutputContents);
});

test('an error carries its details as grpc-js sends them', async () => {
  const found = await call('ModelInfer', [framed(request({ modelName: 'none – at all' }))]);
  expect(found).toMatchObject({ http: 200, status: '5' });
  expect(found.message).toContain('"none – at all"');
});

test('requests that their clients cancel leave nothing behind', async () => {
  for (let i = 0; i < 20; i++) {
    const stream = session.request({
      ...{ ':method': 'POST', ':path': `${SERVICE}ModelInfer`, 'content-type': 'application/grpc' },
    });
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.on('error', () => undefined);
    stream.end(framed(request()), () => stream.close(constants.NGHTTP2_CANCEL));
    await closed;
  }
  expect(answered(await call('ModelInfer', [framed(request())]))).toMatchObject({ id: 'q-1' });
});
