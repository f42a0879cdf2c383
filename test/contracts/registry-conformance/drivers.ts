import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mlflowPython } from '../../plane/pythons.ts';
import { normaliser } from './normalise.ts';
import type { Transcript } from './session.ts';

const run = promisify(execFile);

/** What the unchanged Python client answers, step by step, when it talks to `url`; a failed call is tried again `retries` times. */
export async function driven(
  script: 'client.py' | 'fluent.py',
  url: string,
  retries: number,
): Promise<Transcript> {
  const python = await mlflowPython();
  const path = fileURLToPath(new URL(script, import.meta.url));
  const env = {
    PATH: process.env.PATH,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: String(retries),
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: '0',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false',
    OMP_NUM_THREADS: '1',
    GIT_PYTHON_REFRESH: 'quiet',
  };
  const { stdout } = await run(python, [path, url], { env, maxBuffer: 64 << 20, timeout: 280_000 });
  const steps = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Transcript;
  const normal = normaliser();
  return Object.fromEntries(
    Object.entries(steps).map(([name, answer]) => [
      name,
      answer.code === undefined ? { status: answer.status, body: normal(answer.body) } : answer,
    ]),
  );
}
