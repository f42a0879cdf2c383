import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '@assay/cli/supervisor/cache';
import type { ProcessRow } from '@assay/cli/supervisor/process-table';
import type { Endpoints } from '@assay/cli/supervisor/state-folder';
import { until } from './until.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `assay` command as a person types it. */
export async function assay(
  args: readonly string[],
  options: { input?: string; env?: Record<string, string>; timeoutMs?: number } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(REPOSITORY, 'control-plane/cli/bin/assay.mjs'), ...args], {
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** The whole system on loopback, in a state folder of its own; everything is stopped and removed on dispose. */
export class TestAssay implements AsyncDisposable {
  readonly state: string;
  readonly #child: ReturnType<typeof spawn>;
  readonly #keep: boolean;

  private constructor(state: string, child: ReturnType<typeof spawn>, keep: boolean) {
    this.state = state;
    this.#child = child;
    this.#keep = keep;
  }

  /** `state`: go on in an existing folder, which is then kept. */
  static async start(
    options: { state?: string; args?: readonly string[]; env?: Record<string, string> } = {},
  ): Promise<TestAssay> {
    const state = options.state ?? mkdtempSync(join(tmpdir(), 'assay-'));
    const child = spawn(
      process.execPath,
      [join(REPOSITORY, 'control-plane/cli/main.ts'), 'up', '--state', state, ...(options.args ?? [])],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...options.env } },
    );
    const log = createWriteStream(join(state, 'up.log'), { flags: 'a' });
    child.stderr?.pipe(log);
    const plane = new TestAssay(state, child, options.state !== undefined);
    await until(
      `assay up on ${state}`,
      () => {
        if (child.exitCode !== null)
          throw new Error(
            `assay up ended with ${child.exitCode}:\n${readFileSync(join(state, 'up.log'), 'utf8').slice(-3_000)}`,
          );
        return existsSync(join(state, 'endpoints.json'));
      },
      180_000,
    );
    return plane;
  }

  get endpoints(): Endpoints {
    return JSON.parse(readFileSync(join(this.state, 'endpoints.json'), 'utf8')) as Endpoints;
  }

  get processes(): readonly ProcessRow[] {
    return JSON.parse(readFileSync(join(this.state, 'processes.json'), 'utf8')) as ProcessRow[];
  }

  /** kill -9 of one process by its name; answers the pid that died. */
  kill(name: string): number {
    const row = this.processes.find((p) => p.name === name);
    if (row === undefined)
      throw new Error(`no process "${name}": ${this.processes.map((p) => p.name).join(', ')}`);
    process.kill(row.pid, 'SIGKILL');
    return row.pid;
  }

  /** JSON of the control plane's API. */
  async api<T>(
    path: string,
    init: RequestInit & { role?: string } = {},
  ): Promise<{ status: number; body: T }> {
    const { role = 'admin', ...rest } = init;
    const headers = {
      authorization: `Bearer ${this.endpoints.tokens[role]}`,
      ...(rest.body ? { 'content-type': 'application/json' } : {}),
    };
    const response = await fetch(`${this.endpoints.controlPlane}/api/v1${path}`, { ...rest, headers });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (!this.#keep) rmSync(this.state, { recursive: true, force: true });
  }
}
