import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { lockedPython } from '../plane/locked-python.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

const run = promisify(execFile);
const REFERENCE = fileURLToPath(new URL('../reference/triton', import.meta.url));
const LOCK = join(REFERENCE, 'requirements.lock.txt');

const python = (): Promise<string> => lockedPython('triton', LOCK);

test('the unchanged Python client of Triton works', async () => {
  await using server = await ModelServerProcess.start([endpoint('rank', 'ranking', 'ranking-affinity')]);
  const { stdout } = await run(await python(), [join(REFERENCE, 'client.py'), server.grpc, 'rank']);
  expect(JSON.parse(stdout)).toEqual({
    live: true,
    ready: true,
    model_ready: true,
    version_ready: true,
    unknown_ready: false,
    server: 'assay',
    inputs: [
      ['features', 'FP32', ['-1', '12']],
      ['item_id', 'INT64', ['-1']],
      ['in_stock', 'BOOL', ['-1']],
    ],
    items: ['1152921504606846976', '1152921504606846978', '1152921504606846977'],
    scores: [0.3, 0.2, 0.1],
    id: 'q-7',
    unit: 'anna',
    arm: 'champion',
    only: ['score'],
    unknown: ['StatusCode.NOT_FOUND', 'Cannot answer for "nowhere": the route plan has no such endpoint'],
    nan: ['StatusCode.INVALID_ARGUMENT', 'Cannot read the request: input "features" has NaN at index 4'],
  });
});

const FIRST = 2n ** 60n;
const BEST_FIRST = {
  items: [FIRST, FIRST + 2n, FIRST + 1n].map(String),
  scores: [0.3, 0.2, 0.1],
};
const NOWHERE = 'Cannot answer for "nowhere": the route plan has no such endpoint';
const everywhere = {
  live: true,
  ready: true,
  model_ready: true,
  unknown_ready: false,
  index: [['rank', '1', 'READY']],
  infer: BEST_FIRST,
};

test('all four forms of it: gRPC and HTTP, plain and asyncio, with streams, binary data, JSON and compression', async () => {
  await using server = await ModelServerProcess.start([endpoint('rank', 'ranking', 'ranking-affinity')]);
  const rest = new URL(server.http).host;
  const { stdout } = await run(await python(), [join(REFERENCE, 'clients.py'), server.grpc, rest, 'rank']);
  expect(JSON.parse(stdout)).toEqual({
    grpc: {
      ...everywhere,
      gzip: BEST_FIRST,
      only: ['score'],
      stream: [BEST_FIRST, NOWHERE, BEST_FIRST],
      unknown: ['StatusCode.NOT_FOUND', NOWHERE],
    },
    http: {
      ...everywhere,
      json: BEST_FIRST,
      gzip: BEST_FIRST,
      many: 4,
      only: ['score'],
      async: BEST_FIRST,
      unknown: ['404', NOWHERE],
    },
    'grpc.aio': {
      ...everywhere,
      stream: [BEST_FIRST, NOWHERE, BEST_FIRST],
      unknown: ['StatusCode.NOT_FOUND', NOWHERE],
    },
    'http.aio': { ...everywhere, json: BEST_FIRST, unknown: ['404', NOWHERE] },
  });
});
