import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
  readonly body: Record<string, never>;
}

async function ask(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
  const response = await fetch(`${registry.url}${path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`}`, {
    method,
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = (text.startsWith('{') ? JSON.parse(text) : {}) as { error_code?: string } & Record<
    string,
    never
  >;
  return { status: response.status, code: parsed.error_code, text, body: parsed };
}

async function newRun(): Promise<string> {
  const { body } = await ask('POST', 'runs/create', { experiment_id: '0' });
  return (body as unknown as { run: { info: { run_id: string } } }).run.info.run_id;
}

test.for([
  ['unknown route', 'GET', 'nothing/here', undefined, 404, 'ENDPOINT_NOT_FOUND'],
  ['missing field', 'POST', 'experiments/create', {}, 400, 'INVALID_PARAMETER_VALUE'],
  ['malformed JSON', 'POST', 'experiments/create', '{"name":', 400, 'INVALID_PARAMETER_VALUE'],
  ['taken name', 'POST', 'experiments/create', { name: 'Default' }, 400, 'RESOURCE_ALREADY_EXISTS'],
  [
    'unknown experiment',
    'GET',
    'experiments/get?experiment_id=999',
    undefined,
    404,
    'RESOURCE_DOES_NOT_EXIST',
  ],
  [
    'experiment id of letters',
    'GET',
    'experiments/get?experiment_id=abc',
    undefined,
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  ['no page size', 'POST', 'experiments/search', {}, 400, 'INVALID_PARAMETER_VALUE'],
  ['unknown run', 'GET', 'runs/get?run_id=nope', undefined, 404, 'RESOURCE_DOES_NOT_EXIST'],
  [
    'OR in a filter',
    'POST',
    'runs/search',
    { experiment_ids: ['0'], filter: "tags.a = 'b' OR tags.a = 'c'" },
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  [
    'unquoted text',
    'POST',
    'runs/search',
    { experiment_ids: ['0'], filter: 'params.a = 3' },
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  [
    'SQL in a key',
    'POST',
    'runs/search',
    { experiment_ids: ['0'], filter: "attributes.`id; DROP TABLE runs` = 'x'" },
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  [
    'forged page token',
    'POST',
    'runs/search',
    { experiment_ids: ['0'], page_token: 'zzz' },
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  [
    'page of nothing',
    'POST',
    'runs/search',
    { experiment_ids: ['0'], max_results: 0 },
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  [
    'model name with a slash',
    'POST',
    'registered-models/create',
    { name: 'a/b' },
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  [
    'version as a number',
    'DELETE',
    'model-versions/delete',
    { name: 'm', version: 1 },
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  ['NUL in a name', 'POST', 'experiments/create', { name: 'a\0b' }, 400, 'INVALID_PARAMETER_VALUE'],
  [
    'multipart without a file name',
    'POST',
    '/api/2.0/mlflow-artifacts/mpu/create/x',
    {},
    400,
    'INVALID_PARAMETER_VALUE',
  ],
  [
    'absent artifact',
    'GET',
    '/api/2.0/mlflow-artifacts/artifacts/no/such',
    undefined,
    404,
    'RESOURCE_DOES_NOT_EXIST',
  ],
] as const)('refused: %s', async ([, method, path, body, status, code]) => {
  const answer = await ask(method, path, body);
  expect([answer.status, answer.code]).toEqual([status, code]);
});

// The server answers by Content-Length and hangs up: a client still sending may see only the broken pipe, so none is sent
test('a body beyond the limit is refused before it is sent', async () => {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': 33 * 1024 * 1024 };
  const sending = request(`${registry.url}/api/2.0/mlflow/experiments/create`, { method: 'POST', headers });
  sending.flushHeaders();
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(413);
  sending.on('error', () => {}).destroy();
});

test('int64 survives and NaN is a text', async () => {
  const run = await newRun();
  await ask(
    'POST',
    'runs/log-metric',
    `{"run_id":"${run}","key":"m","value":"NaN","timestamp":9223372036854775807,"step":"-9223372036854775807"}`,
  );
  const { text } = await ask('GET', `metrics/get-history?run_id=${run}&metric_key=m`);
  expect(text).toBe(
    '{"metrics":[{"key":"m","value":"NaN","timestamp":9223372036854775807,"step":-9223372036854775807}]}',
  );
});

test.for([
  ['text', '"abc"', '1'],
  ['true', 'true', '1'],
  ['step beyond int64', '1', '9223372036854775808'],
  ['fractional step', '1', '1.5'],
])('a metric is refused: %s', async ([, value, step]) => {
  const run = await newRun();
  const answer = await ask(
    'POST',
    'runs/log-metric',
    `{"run_id":"${run}","key":"m","value":${value},"timestamp":1,"step":${step}}`,
  );
  expect(answer.code).toBe('INVALID_PARAMETER_VALUE');
});

test('a batch is kept whole or not at all', async () => {
  const run = await newRun();
  await ask('POST', 'runs/log-parameter', { run_id: run, key: 'p', value: '1' });
  const batch = {
    run_id: run,
    metrics: [{ key: 'm', value: 1, timestamp: 1 }],
    tags: [{ key: 't', value: 'x' }],
    params: [
      { key: 'new', value: '1' },
      { key: 'p', value: '2' },
    ],
  };
  expect((await ask('POST', 'runs/log-batch', batch)).code).toBe('INVALID_PARAMETER_VALUE');
  const { text } = await ask('GET', `runs/get?run_id=${run}`);
  expect(text).not.toMatch(/"metrics"|"new"|"key":"t"/);
});

test('concurrent versions get unique consecutive numbers', async () => {
  await ask('POST', 'registered-models/create', { name: 'raced' });
  const made = await Promise.all(
    Array.from({ length: 20 }, () =>
      ask('POST', 'model-versions/create', { name: 'raced', source: 's3://bucket/model' }),
    ),
  );
  const numbers = made.map((a) =>
    Number((a.body as unknown as { model_version: { version: string } }).model_version.version),
  );
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

describe('who may', () => {
  const alias = { name: 'gated', alias: 'champion', version: '1' };
  beforeAll(async () => {
    await ask('POST', 'registered-models/create', { name: 'gated' });
    await ask('POST', 'model-versions/create', { name: 'gated', source: 's3://b/m' }, TOKENS.scientist);
  });

  test('champion moves for the service alone', async () => {
    const refused = await ask('POST', 'registered-models/alias', alias, TOKENS.scientist);
    expect([refused.status, refused.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(refused.text).toContain('no control plane');
    expect((await ask('POST', 'registered-models/alias', alias, TOKENS.service)).status).toBe(200);
    for (const [path, body] of [
      ['registered-models/alias', alias],
      ['model-versions/delete', alias],
      ['registered-models/delete', alias],
    ] as const) {
      expect([path, (await ask('DELETE', path, body)).code]).toEqual([path, 'PERMISSION_DENIED']);
    }
  });

  test('a served model keeps its name', async () => {
    const answer = await ask(
      'POST',
      'registered-models/rename',
      { name: 'gated', new_name: 'other' },
      TOKENS.scientist,
    );
    expect(answer.code).toBe('PERMISSION_DENIED');
  });

  test('authorship is the token’s subject', async () => {
    const { body } = await ask('GET', '/api/assay/v1/model-versions/gated/1');
    expect(body).toMatchObject({ createdBy: 'ada', onnx: null });
  });

  test('a bad token is 401, a serving client reads only', async () => {
    expect((await ask('GET', 'experiments/get?experiment_id=0', undefined, 'wrong')).status).toBe(401);
    expect((await ask('GET', 'experiments/get?experiment_id=0', undefined, TOKENS.client)).status).toBe(200);
    expect((await ask('POST', 'experiments/create', { name: 'no' }, TOKENS.client)).code).toBe(
      'PERMISSION_DENIED',
    );
  });
});

describe('artifacts', () => {
  const url = (path: string) => `${registry.url}/api/2.0/mlflow-artifacts/artifacts/${path}`;

  test.for(['%2e%2e/x', 'a/%252e%252e/x', 'a%5c..%5cx', '%2Fetc/passwd', 'file%3A/x'])(
    'path is refused: %s',
    async (path) => {
      const answer = await fetch(url(path), { method: 'PUT', body: 'x' });
      expect([400, 404]).toContain(answer.status);
    },
  );

  test('the same bytes are kept once, and come back in ranges', async () => {
    for (const name of ['one.bin', 'two.bin'])
      expect((await fetch(url(`same/${name}`), { method: 'PUT', body: 'the same bytes' })).status).toBe(200);
    const blobs = readdirSync(join(registry.artifacts, 'blobs/sha256'), {
      recursive: true,
      withFileTypes: true,
    }).filter((f) => f.isFile());
    expect(blobs).toHaveLength(1);
    expect(await (await fetch(url('same/two.bin'))).text()).toBe('the same bytes');
    const part = await fetch(url('same/one.bin'), { headers: { Range: 'bytes=4-7' } });
    expect([part.status, await part.text()]).toEqual([206, 'same']);
    expect(
      await (await fetch(`${registry.url}/api/2.0/mlflow-artifacts/artifacts?path=same`)).json(),
    ).toEqual({
      files: [
        { path: 'one.bin', is_dir: false, file_size: 14 },
        { path: 'two.bin', is_dir: false, file_size: 14 },
      ],
    });
    expect((await fetch(url('same'))).status).toBe(400);
  });

  test('a version cannot be registered from outside its run', async () => {
    await ask('POST', 'registered-models/create', { name: 'outside' });
    for (const source of ['/etc', 'file:///etc', 'mlflow-artifacts:/0/other/artifacts', 'runs:/x/model']) {
      expect((await ask('POST', 'model-versions/create', { name: 'outside', source })).code).toBe(
        'INVALID_PARAMETER_VALUE',
      );
    }
  });
});
