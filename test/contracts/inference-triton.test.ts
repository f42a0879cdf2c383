import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { endpoint, ModelServerProcess } from './inference-server.ts';

const run = promisify(execFile);
const REFERENCE = fileURLToPath(new URL('../reference/triton', import.meta.url));
const LOCK = join(REFERENCE, 'requirements.lock.txt');
const CACHE = fileURLToPath(new URL('../../.assay/cache', import.meta.url));

/** An environment with the pinned client, made once a lock file. */
async function python(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 16);
  const folder = join(CACHE, `py-triton-${digest}`);
  const binary = join('bin', 'python');
  if (existsSync(join(folder, 'done'))) return join(folder, binary);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
  await run(join(folder, binary), ['-m', 'pip', 'install', ...flags, '-r', LOCK], { timeout: 240_000 });
  mkdirSync(join(folder, 'done.new'));
  renameSync(join(folder, 'done.new'), join(folder, 'done'));
  return join(folder, binary);
}

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
