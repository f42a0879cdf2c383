import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once as event } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { once } from '@assay/adapters/trainer/once';
import { cacheFolder } from '@assay/cli/supervisor/cache';
import { freePort } from '@assay/cli/supervisor/free-port';
import { until } from './until.ts';

const run = promisify(execFile);
const LOCK = fileURLToPath(new URL('../reference/mlflow-server/requirements.lock.txt', import.meta.url));

/** Python of an environment with the whole pinned MLflow, made once per lock file; the first time takes minutes. */
export async function mlflowPython(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(process.env), `py-mlflow-server-${digest}`);
  await once(folder, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await run(join(draft, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', LOCK]);
  });
  return join(folder, 'bin/python');
}

export interface MlflowServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/**
 * The real `mlflow server`; `backend` is a `postgres:` or `sqlite:` address. Stopped on dispose, workers too.
 * Its tables are there when it answers.
 */
export async function startMlflowServer(
  backend: string,
  workers = 4,
  env: Readonly<Record<string, string>> = {},
): Promise<MlflowServer> {
  const python = await mlflowPython();
  const dir = await mkdtemp(join(tmpdir(), 'assay-mlflow-'));
  const port = String(await freePort());
  const args = [
    '-m',
    'mlflow',
    'server',
    '--host',
    '127.0.0.1',
    '--port',
    port,
    '--workers',
    String(workers),
  ];
  // A group of its own: the server starts workers that outlive a signal to it alone
  const child = spawn(
    python,
    // Its supervisor kills workers that a busy machine keeps from answering it within five seconds
    [
      ...args,
      '--uvicorn-opts',
      '--timeout-worker-healthcheck 120',
      '--backend-store-uri',
      backend.replace(/^postgres:/, 'postgresql+psycopg2:'),
      '--artifacts-destination',
      join(dir, 'artifacts'),
    ],
    {
      cwd: dir,
      detached: true,
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        HOME: dir,
        MLFLOW_DISABLE_TELEMETRY: 'true',
        // Its job runners take processor time from what is measured, and nothing here uses them
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        ...env,
      },
    },
  );
  const gone = event(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/api/2.0/mlflow/experiments/get?experiment_id=0`).then(
      (r) => r.ok,
      () => false,
    );
  const server: MlflowServer = {
    url,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await until('the real MLflow server answers', answers, 600_000);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
