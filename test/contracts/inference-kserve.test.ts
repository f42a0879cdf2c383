import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { hasLockedPython, lockedPython } from '../plane/locked-python.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

const run = promisify(execFile);
const REFERENCE = fileURLToPath(new URL('../reference/kserve', import.meta.url));
const LOCK = join(REFERENCE, 'requirements.lock.txt');
const isWanted = process.env.ASSAY_LARGE_CLIENTS === '1' || hasLockedPython('kserve', LOCK);

const FIRST = 2n ** 60n;
const answer = {
  id: 'q-7',
  model: 'rank',
  items: [FIRST, FIRST + 2n, FIRST + 1n].map(String),
  scores: [0.3, 0.2, 0.1],
};
const ready = { live: true, ready: true, model_ready: true, unknown_ready: false };

test('the unchanged Python clients of KServe work, REST and gRPC', async (context) => {
  if (!isWanted)
    context.skip(
      'KServe’s environment (450 MB) is made by ASSAY_LARGE_CLIENTS=1 npm test -- inference-kserve',
    );
  await using server = await ModelServerProcess.start([endpoint('rank', 'ranking', 'ranking-affinity')]);
  const python = await lockedPython('kserve', LOCK);
  const { stdout } = await run(python, [join(REFERENCE, 'client.py'), server.grpc, server.http, 'rank']);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({
    rest: { ...ready, json: answer, binary: answer, parameters: answer, unknown: [404, 'ENDPOINT_UNKNOWN'] },
    grpc: { ...ready, typed: answer, raw: answer, unknown: 'NOT_FOUND' },
  });
});
