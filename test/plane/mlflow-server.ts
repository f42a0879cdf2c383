import { spawn } from 'node:child_process';
import { once as event } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@assay/cli/supervisor/free-port';
import { mlflowPython } from './pythons.ts';
import { until } from './until.ts';

export interface MlflowServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Where it keeps artifacts. */
  readonly artifacts: string;
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
    artifacts: join(dir, 'artifacts'),
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
