import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';
import { lastWords } from './last-words.ts';
import { type ProcessRow, startTicks } from './process-table.ts';
import type { StateFolder } from './state-folder.ts';

export interface ChildSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Answers once the process does its work. */
  readonly healthy: () => Promise<boolean>;
  readonly stopSignal?: NodeJS.Signals;
  readonly readyFile?: string;
}

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;
const STEADY_MS = 30_000;
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

/** A process that is kept running: restarted with back-off when it dies, its output in logs/<name>.log. */
export class Child {
  readonly spec: ChildSpec;
  restarts = 0;
  #state: ProcessRow['state'] = 'starting';
  #process: ChildProcess | undefined;
  #stopping = false;
  #backoffMs = FIRST_BACKOFF_MS;
  readonly #folder: StateFolder;
  readonly #changed: (note?: string) => void;

  constructor(spec: ChildSpec, folder: StateFolder, changed: (note?: string) => void) {
    this.spec = spec;
    this.#folder = folder;
    this.#changed = changed;
  }

  get row(): ProcessRow {
    const pid = this.#process?.pid ?? 0;
    return {
      name: this.spec.name,
      pid,
      startedTicks: startTicks(pid) ?? '',
      restarts: this.restarts,
      state: this.#state,
    };
  }

  /** Resolves when the process is healthy. Throws PROCESS_UNHEALTHY with the log's name when it is not in time. */
  async start(): Promise<void> {
    this.#spawn();
    const end = Date.now() + START_TIMEOUT_MS;
    while (!(await this.spec.healthy())) {
      if (this.#stopping) return;
      if (Date.now() > end || this.restarts >= 5) {
        const log = join(this.#folder.logs, `${this.spec.name}.log`);
        const words = lastWords(log);
        throw new AssayError(
          'PROCESS_UNHEALTHY',
          `Cannot start ${this.spec.name}: ${this.restarts} restarts and no healthy answer; its log is "${log}"${words === undefined ? '' : ` and says: ${words}`}`,
        );
      }
      await delay(60);
    }
    this.#state = 'running';
    this.#changed();
  }

  #spawn(): void {
    if (this.spec.readyFile) rmSync(this.spec.readyFile, { force: true });
    const [file = '', ...args] = this.spec.command;
    const log = this.#openLog();
    const startedAt = Date.now();
    // A group of its own, so that Ctrl-C in the terminal reaches the supervisor alone and children end in order
    const child = spawn(file, args, {
      env: { ...process.env, ...this.spec.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    if (log !== 'ignore') closeSync(log);
    this.#process = child;
    this.#changed();
    child.once('error', (cause) => this.#changed(`${this.spec.name} could not be started: ${cause.message}`));
    child.once('exit', (code, signal) => void this.#died(code, signal, Date.now() - startedAt));
  }

  /** A process that cannot write its log still runs. */
  #openLog(): number | 'ignore' {
    try {
      return openSync(join(this.#folder.logs, `${this.spec.name}.log`), 'a');
    } catch (cause) {
      this.#changed(`${this.spec.name} has no log: ${(cause as Error).message}`);
      return 'ignore';
    }
  }

  async #died(code: number | null, signal: NodeJS.Signals | null, livedMs: number): Promise<void> {
    this.#state = this.#stopping ? 'stopped' : 'waiting';
    if (this.#stopping) return this.#changed();
    this.restarts += 1;
    this.#backoffMs =
      livedMs > STEADY_MS ? FIRST_BACKOFF_MS : Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
    this.#changed(
      `${this.spec.name} ended (${signal ?? `exit ${code}`}) after ${Math.round(livedMs / 1000)} s; restart ${this.restarts} in ${this.#backoffMs} ms`,
    );
    await delay(this.#backoffMs);
    if (this.#stopping) return;
    this.#spawn();
    while (!this.#stopping && this.#process?.exitCode === null && !(await this.spec.healthy()))
      await delay(100);
    if (this.#process?.exitCode === null) {
      this.#state = 'running';
      this.#changed(`${this.spec.name} runs again`);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(this.spec.stopSignal ?? 'SIGTERM');
    const late = delay(STOP_TIMEOUT_MS, 'late', { ref: false });
    if ((await Promise.race([gone, late])) === 'late') {
      child.kill('SIGKILL');
      await gone;
    }
  }
}
