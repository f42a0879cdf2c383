import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AssayError } from '@assay/domain/errors';
import type { Logger } from 'pino';
import { failuresInARow, restartWaitMs } from '../../runtime/restart-wait.ts';
import { AllMetrics } from './all-metrics.ts';
import type { FromWorker } from './messages.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const FIRST_WAIT_MS = 100;

export interface ProcessesOptions {
  readonly processes: number;
  /** Each process gets `<serverId>-<number>`: its own segments, state and reports. */
  readonly serverId: string;
  readonly stateDir: string;
  readonly host: string;
  /** 0: a free one, for all. */
  readonly grpcPort: number;
  readonly httpPort: number;
  /** What else the processes see. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** Model servers that share two ports: connections go to each in turn. */
export interface Processes {
  readonly grpc: string;
  readonly http: string;
  /** Each drains; resolves when all are gone. */
  close(): Promise<void>;
}

interface Slot {
  readonly number: number;
  worker: Worker | undefined;
  failures: number;
  startedMs: number;
  timer: NodeJS.Timeout | undefined;
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts all and waits until each answers. Throws PROCESS_UNHEALTHY when one of them cannot start; the others are ended then. */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const { host, processes } = options;
  const ports = {
    ASSAY_GRPC_PORT: String(options.grpcPort || (await freePort(host))),
    ASSAY_HTTP_PORT: String(options.httpPort || (await freePort(host))),
  };
  cluster.setupPrimary({
    exec: MAIN,
    args: [],
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // This process's own output may be for a program
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const group = new Group(options, ports);
  return group.start(processes);
}

class Group {
  readonly #options: ProcessesOptions;
  readonly #ports: Readonly<Record<string, string>>;
  readonly #slots: Slot[] = [];
  readonly #metrics = new AllMetrics();
  #closing = false;
  readonly #reload = (): void => {
    for (const { process: child } of this.#workers) child.kill('SIGHUP');
  };

  constructor(options: ProcessesOptions, ports: Readonly<Record<string, string>>) {
    this.#options = options;
    this.#ports = ports;
  }

  get #workers(): readonly Worker[] {
    return this.#slots.flatMap(({ worker }) => (worker?.isConnected() ? [worker] : []));
  }

  async start(processes: number): Promise<Processes> {
    const ready: Promise<{ grpc: string; http: string }>[] = [];
    for (let number = 1; number <= processes; number++) {
      const slot: Slot = { number, worker: undefined, failures: 0, startedMs: 0, timer: undefined };
      this.#slots.push(slot);
      ready.push(this.#fork(slot));
    }
    try {
      const [address] = await Promise.all(ready);
      if (address === undefined) throw new AssayError('CONFIG_INVALID', 'Cannot start no processes');
      process.on('SIGHUP', this.#reload);
      for (const slot of this.#slots) this.#startAgainAfterEnd(slot);
      return { ...address, close: () => this.#close() };
    } catch (cause) {
      await this.#close();
      throw cause;
    }
  }

  #fork(slot: Slot): Promise<{ grpc: string; http: string }> {
    const { serverId, stateDir, env } = this.#options;
    const id = `${serverId}-${slot.number}`;
    const own = { ASSAY_SERVER_ID: id, ASSAY_STATE: `${stateDir}/${id}` };
    const alone = { ASSAY_MODEL_SERVER_PROCESSES: '1', ASSAY_READY_FILE: undefined };
    const worker = cluster.fork({ ...env, ...this.#ports, ...own, ...alone });
    slot.worker = worker;
    slot.startedMs = performance.now();
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.assay === 'ready') resolve({ grpc: message.grpc, http: message.http });
        else this.#metrics.take(worker, message, this.#workers);
      });
      worker.once('exit', (code, signal) => {
        const text = `Cannot start model server "${id}": it ended (${signal ?? `exit code ${code}`})`;
        reject(new AssayError('PROCESS_UNHEALTHY', text));
      });
    });
  }

  #startAgainAfterEnd(slot: Slot): void {
    slot.worker?.once('exit', (code, signal) => {
      if (this.#closing) return;
      slot.failures = failuresInARow(slot.failures, performance.now() - slot.startedMs);
      const waitMs = restartWaitMs(FIRST_WAIT_MS, slot.failures);
      this.#options.log.error({ process: slot.number, code, signal, waitMs }, 'model server process ended');
      slot.timer = setTimeout(() => {
        // Its end is heard of below, whether it was ready or not
        this.#fork(slot).catch(() => undefined);
        this.#startAgainAfterEnd(slot);
      }, waitMs);
    });
  }

  async #close(): Promise<void> {
    this.#closing = true;
    process.off('SIGHUP', this.#reload);
    await Promise.all(
      this.#slots.map(async ({ worker, timer }) => {
        clearTimeout(timer);
        if (worker === undefined || worker.isDead()) return;
        const gone = once(worker, 'exit');
        worker.process.kill('SIGTERM');
        await gone;
      }),
    );
  }
}
