import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { mlflowClientPython } from '../plane/pythons.ts';
import { startTestRegistry } from './registry-server.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./registry_mlflow.py', import.meta.url));

test('the unchanged MLflow client logs, registers, loads, searches, and cannot pass the gate', async () => {
  await using registry = await startTestRegistry();
  // A server error is a failure here, not something to try again for minutes
  const env = { PATH: process.env.PATH, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0' };
  const { stdout } = await run(await mlflowClientPython(), [SCRIPT, registry.url], { env, timeout: 120_000 });
  expect(stdout.trim().split('\n').at(-1)).toBe('OK');
});
