import { request as httpRequest } from 'node:http';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rankingInputs } from './inference-calls.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

const LIMIT = 200_000;
const STRANGE = ['__proto__', 'constructor', 'toString', 'a b/ü'];
let server: ModelServerProcess;

beforeAll(async () => {
  const names = ['rank', ...STRANGE];
  server = await ModelServerProcess.start(
    names.map((name) => endpoint(name, 'ranking', 'ranking-affinity')),
    { env: { ASSAY_MAX_MESSAGE_BYTES: String(LIMIT) } },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A POST with exactly these headers: nothing adds a Content-Type, nothing unfolds the answer. */
function post(
  path: string,
  body: Buffer | string,
  headers: Record<string, string | number> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(`${server.http}${path}`, { method: 'POST', headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

const infer = (body: Buffer | string, headers?: Record<string, string | number>): Promise<Reply> =>
  post('/v2/models/rank/infer', body, headers);
const json = (reply: Reply) => JSON.parse(reply.body.toString());
const refused = (reply: Reply): unknown => {
  const { code, field, status } = json(reply);
  return [reply.status, status, code, field];
};

/** Three candidates, best first 0, 2, 1; ids are JSON as it is written. */
const text = (ids: readonly string[], more = ''): string =>
  `{"id":"q","inputs":[
    {"name":"features","datatype":"FP32","shape":[3,12],"data":[[${row(0.3)}],[${row(0.1)}],[${row(0.2)}]]},
    {"name":"item_id","datatype":"INT64","shape":[3],"data":[${ids.join(',')}]},
    {"name":"in_stock","datatype":"BOOL","shape":[3],"data":[true,true,true]}]${more}}`;
const row = (affinity: number): string => [0, 0, 0, 0, affinity, 0, 0, 0, 0, 0, 0, 0].join(',');
const IDS = ['7', '8', '9'];

test('no Content-Type, a strange one, and integers exact past 2^53 both ways', async () => {
  const ids = ['9223372036854775807', '-9223372036854775808', '9007199254740993'];
  for (const headers of [{}, { 'content-type': 'application/x-www-form-urlencoded' }]) {
    const reply = await infer(text(ids), headers);
    expect(reply.status).toBe(200);
    expect(reply.body.toString()).toContain(
      '"data":[9223372036854775807,9007199254740993,-9223372036854775808]',
    );
  }
});

test('integers out of range, fractions and other types are refused by element', async () => {
  for (const bad of ['9223372036854775808', '1.5', '"7"', 'true', 'null', '[1]', '{}', '1e20'])
    expect(refused(await infer(text(['7', bad, '9'])))).toEqual([
      400,
      400,
      'REQUEST_INVALID',
      'inputs[1].data[1]',
    ]);
});

/** The same request with binary inputs, and what the binary data says. */
function binary(
  more: object = {},
  change: (head: Record<string, unknown>, parts: Buffer[]) => void = () => {},
) {
  const inputs = rankingInputs([0.3, 0.1, 0.2]);
  const parts = inputs.map((i) => i.data);
  const head = {
    inputs: inputs.map(({ name, datatype, shape, data }) => ({
      name,
      datatype,
      shape,
      parameters: { binary_data_size: data.length },
    })),
    ...more,
  };
  change(head, parts);
  const bytes = Buffer.from(JSON.stringify(head));
  return { body: Buffer.concat([bytes, ...parts]), length: bytes.length };
}
const HEADER = 'Inference-Header-Content-Length';
const inferBinary = ({ body, length }: { body: Buffer; length: number }): Promise<Reply> =>
  infer(body, { [HEADER]: length });

test('binary data in, and out where it is asked for: for all, or output by output', async () => {
  const both = await inferBinary(binary({ parameters: { binary_data_output: true } }));
  const length = Number(both.headers[HEADER.toLowerCase()]);
  expect(both.headers['content-type']).toBe('application/octet-stream');
  const head = JSON.parse(both.body.subarray(0, length).toString());
  expect(head.outputs).toEqual([
    { name: 'item_id', datatype: 'INT64', shape: [3], parameters: { binary_data_size: 24 } },
    { name: 'score', datatype: 'FP32', shape: [3], parameters: { binary_data_size: 12 } },
  ]);
  const data = Uint8Array.from(both.body.subarray(length)).buffer;
  expect([...new BigInt64Array(data.slice(0, 24))]).toEqual([100n, 102n, 101n]);
  expect([...new Float32Array(data.slice(24))]).toEqual([...Float32Array.of(0.3, 0.2, 0.1)]);

  const outputs = [{ name: 'score', parameters: { binary_data: true } }, { name: 'item_id' }];
  const one = await inferBinary(binary({ outputs }));
  const oneLength = Number(one.headers[HEADER.toLowerCase()]);
  expect(JSON.parse(one.body.subarray(0, oneLength).toString()).outputs).toEqual([
    { name: 'item_id', datatype: 'INT64', shape: [3], data: [100, 102, 101] },
    { name: 'score', datatype: 'FP32', shape: [3], parameters: { binary_data_size: 12 } },
  ]);
  expect(one.body.length).toBe(oneLength + 12);

  const plain = await inferBinary(
    binary({
      parameters: { binary_data_output: true },
      outputs: [{ name: 'score', parameters: { binary_data: false } }],
    }),
  );
  expect(plain.headers[HEADER.toLowerCase()]).toBeUndefined();
  expect(json(plain).outputs[0].data).toHaveLength(3);
});

test.for<{ name: string; sent: () => { body: Buffer; length: number | string }; is: [string, string] }>([
  {
    name: 'bytes that belong to no input',
    sent: () => binary({}, (_, parts) => parts.push(Buffer.alloc(5))),
    is: ['INPUT_BYTES', 'body'],
  },
  {
    name: 'fewer bytes than an input says',
    sent: () => binary({}, (_, parts) => parts.pop()),
    is: ['INPUT_BYTES', 'inputs[2].parameters.binary_data_size'],
  },
  {
    name: 'a size that its shape does not have',
    sent: () =>
      binary({}, (head, parts) => {
        const [first] = head.inputs as { parameters: object }[];
        if (first !== undefined) first.parameters = { binary_data_size: 140 };
        parts[0] = Buffer.alloc(140);
      }),
    is: ['INPUT_BYTES', 'raw_input_contents[0]'],
  },
  {
    name: 'a negative size',
    sent: () =>
      binary({}, (head) => {
        const [first] = head.inputs as { parameters: object }[];
        if (first !== undefined) first.parameters = { binary_data_size: -1 };
      }),
    is: ['REQUEST_INVALID', 'inputs[0].parameters.binary_data_size'],
  },
  {
    name: 'data beside binary data',
    sent: () =>
      binary({}, (head) => {
        const [first] = head.inputs as { data?: unknown }[];
        if (first !== undefined) first.data = [1];
      }),
    is: ['REQUEST_INVALID', 'inputs[0].data'],
  },
  {
    name: 'a header longer than the body',
    sent: () => ({ ...binary(), length: 1_000_000 }),
    is: ['REQUEST_INVALID', HEADER],
  },
  {
    name: 'a header that is no number',
    sent: () => ({ ...binary(), length: '-1' }),
    is: ['REQUEST_INVALID', HEADER],
  },
  {
    name: 'a header that cuts the JSON',
    sent: () => ({ ...binary(), length: 9 }),
    is: ['REQUEST_INVALID', 'body'],
  },
  {
    name: 'a wish that is no boolean',
    sent: () => binary({ parameters: { binary_data_output: 'yes' } }),
    is: ['REQUEST_INVALID', 'parameters.binary_data_output'],
  },
])('binary data: $name is refused', async ({ sent, is }) => {
  const { body, length } = sent();
  expect(refused(await infer(body, { [HEADER]: length }))).toEqual([400, 400, ...is]);
});

test('gzip and deflate in, and out where the client takes it', async () => {
  for (const [encoding, fold] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)
    expect((await infer(fold(text(IDS)), { 'content-encoding': encoding })).status).toBe(200);
  const metrics = await fetch(`${server.http}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
  expect(metrics.headers.get('content-encoding')).toBe('gzip');
  const unwanted = await fetch(`${server.http}/metrics`, { headers: { 'accept-encoding': 'gzip;q=0' } });
  expect(unwanted.headers.get('content-encoding')).toBeNull();
  const many = Array.from({ length: 300 }, (_, i) => `"p${i}":${i}`).join(',');
  const reply = await infer(text(IDS, `,"parameters":{${many}}`), { 'accept-encoding': 'gzip' });
  // The answer itself is small and leaves as it is
  expect(reply.headers['content-encoding']).toBeUndefined();
  expect(() => gunzipSync(reply.body)).toThrow();
});

test('what does not unfold is 400, what unfolds past the limit 429, an unknown encoding 400', async () => {
  expect(refused(await infer('no gzip', { 'content-encoding': 'gzip' }))).toEqual([
    400,
    400,
    'REQUEST_INVALID',
    'Content-Encoding',
  ]);
  expect(refused(await infer(text(IDS), { 'content-encoding': 'br' }))).toEqual([
    400,
    400,
    'REQUEST_INVALID',
    'Content-Encoding',
  ]);
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  expect(bomb.length).toBeLessThan(LIMIT);
  expect(refused(await infer(bomb, { 'content-encoding': 'gzip' }))).toEqual([
    429,
    429,
    'MESSAGE_TOO_LARGE',
    undefined,
  ]);
});

test('a shape whose byte count wraps 64 bits is refused, and so are giant and negative ones', async () => {
  for (const d of ['4611686018427387904', '18446744073709551616', '-1', '0', '1e30', '1.5'])
    expect(
      refused(await infer(text(IDS).replace('"shape":[3,12]', `"shape":[${d},12]`)))?.toString(),
    ).toMatch(/^400,400,(INPUT_SHAPE|REQUEST_INVALID),inputs\[0\]\.shape/);
});

test('names of JavaScript itself are names like others: endpoints, inputs, outputs, parameters', async () => {
  for (const name of STRANGE) {
    const reply = await post(`/v2/models/${encodeURIComponent(name)}/infer`, text(IDS));
    expect([reply.status, json(reply).model_name]).toEqual([200, name]);
  }
  for (const name of ['valueOf', 'hasOwnProperty'])
    expect((await post(`/v2/models/${name}/infer`, text(IDS))).status).toBe(404);
  expect((await infer(text(IDS, ',"parameters":{"__proto__":1,"constructor":"x"}'))).status).toBe(200);
  expect(refused(await infer(text(IDS, ',"outputs":[{"name":"__proto__"}]')))).toEqual([
    400,
    400,
    'OUTPUT_UNKNOWN',
    'outputs[0].name',
  ]);
  expect(refused(await infer(text(IDS).replace('"in_stock"', '"constructor"')))).toEqual([
    400,
    400,
    'INPUT_UNKNOWN',
    'inputs[2].name',
  ]);
});

test('a body that repeats the model’s name is taken, one that names another is refused', async () => {
  expect((await infer(text(IDS, ',"model_name":"rank"'))).status).toBe(200);
  expect(refused(await infer(text(IDS, ',"model_name":"other"')))).toEqual([
    400,
    400,
    'REQUEST_INVALID',
    'model_name',
  ]);
});

test('parameters of every kind are taken, lists and numbers past 64 bits are not', async () => {
  const all = ',"parameters":{"b":true,"i":-5,"u":18446744073709551615,"d":0.5,"s":"x","unit_id":"anna"}';
  expect(json(await infer(text(IDS, all))).parameters.unit_id).toBe('anna');
  for (const bad of ['[]', '{}', 'null', '18446744073709551616', '-9223372036854775809'])
    expect(refused(await infer(text(IDS, `,"parameters":{"p":${bad}}`)))).toEqual([
      400,
      400,
      'REQUEST_INVALID',
      'parameters.p',
    ]);
});

test('a body that is deep, empty, cut or no object is 400', async () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);
  const bodies = ['', '{', '[]', '"x"', 'null', deep, text(['7', deep, '9'])];
  for (const body of bodies) expect((await infer(body)).status).toBe(400);
  expect((await infer(text(IDS))).status).toBe(200);
});

test('liveness, readiness and the index of what is served', async () => {
  const get = async (path: string): Promise<unknown> => (await fetch(`${server.http}${path}`)).json();
  expect(await get('/v2/health/live')).toEqual({ live: true });
  expect(await get('/v2/health/ready')).toEqual({ ready: true });
  const index = await post('/v2/repository/index', '{"ready":true}');
  expect(json(index)).toContainEqual({ name: 'rank', version: '1', state: 'READY', reason: '' });
  expect(json(await post('/v2/repository/index', ''))).toHaveLength(STRANGE.length + 1);
});

test('the OpenAPI document is valid, and each of its paths answers as it says', async () => {
  const document = (await (await fetch(`${server.http}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { responses: object }>>;
  };
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  expect(document.openapi).toBe('3.1.0');
  for (const [path, methods] of Object.entries(document.paths)) {
    const url = path.replace('{name}', 'rank').replace('{version}', '1');
    const reply = methods.post === undefined ? await fetch(`${server.http}${url}`) : await post(url, '{}');
    const { responses } = methods.post ?? methods.get ?? { responses: {} };
    // An empty body is refused where one is needed
    const expected = path === '/v2/repository/index' || methods.post === undefined ? 200 : 400;
    expect([path, reply.status]).toEqual([path, expected]);
    expect(Object.keys(responses)).toContain(String(expected));
  }
});
