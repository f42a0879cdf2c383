import { AssayError } from '@assay/domain/errors';
import type { ModelInput } from '../model.ts';
import { failuresInARow, restartWaitMs } from '../restart-wait.ts';
import type { HostProcess } from './host-process.ts';

/** `idle`: started by the next run. `down`: it ended, and waits before it is started again. */
export type HostState = 'idle' | 'starting' | 'up' | 'down';

export interface HostedOptions {
  /** A new process with the model open in it. */
  readonly start: () => Promise<HostProcess>;
  /** One that has it open already. */
  readonly first?: HostProcess;
  readonly timeLimitMs: number;
  /** Runs that may wait; more are refused, so that a slow model does not take all that a server may have in progress. */
  readonly queueLimit: number;
  /** A host that has grown by more than this is replaced. */
  readonly maxGrowthBytes: number;
  /** A host without work for so long ends; absent: never. */
  readonly idleMs?: number;
  readonly onState: (state: HostState, pid: number | undefined, reason: string) => void;
}

interface Waiting {
  readonly input: ModelInput;
  readonly assertAwaited: () => void;
  readonly resolve: (values: Float32Array) => void;
  readonly reject: (cause: unknown) => void;
}

const FIRST_WAIT_MS = 250;

/**
 * Runs of one model in a process of its own, in the order in which they came. A host that ends is started again: at once the
 * first time, then after waits that double.
 */
export class HostedRuns {
  readonly #options: HostedOptions;
  readonly #queue: Waiting[] = [];
  #state: HostState = 'idle';
  #host: HostProcess | undefined;
  #firstRssBytes = 0;
  #upSinceMs = 0;
  #failures = 0;
  #reason = '';
  #busy = false;
  /** Started to take the place of one that has grown. */
  #successor: HostProcess | 'starting' | undefined;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  restarts = 0;
  replaced = 0;

  constructor(options: HostedOptions) {
    this.#options = options;
    if (options.first !== undefined) this.#use(options.first);
  }

  get state(): HostState {
    return this.#state;
  }

  /** Why it is down; "" when it is not. */
  get reason(): string {
    return this.#reason;
  }

  get rssBytes(): number {
    return this.#host?.rssBytes ?? 0;
  }

  get pid(): number | undefined {
    return this.#host?.pid;
  }

  /** `assertAwaited` throws when nobody waits any more; it is asked when the turn comes. Throws OVERLOADED, MODEL_CRASHED, MODEL_HUNG. */
  run(input: ModelInput, assertAwaited: () => void): Promise<Float32Array> {
    if (this.#state === 'down')
      return Promise.reject(new AssayError('MODEL_CRASHED', `${this.#reason}; it starts again soon`));
    if (this.#queue.length >= this.#options.queueLimit) {
      const text = `Cannot run the model now: ${this.#queue.length} runs wait for its host`;
      return Promise.reject(new AssayError('OVERLOADED', text));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ input, assertAwaited, resolve, reject });
      if (this.#state === 'idle') this.#start();
      else void this.#next();
    });
  }

  #start(): void {
    this.#to('starting', this.#reason);
    this.#options.start().then(
      (host) => this.#use(host),
      (cause: Error) => this.#failed(cause.message),
    );
  }

  #use(host: HostProcess): void {
    if (this.#closed) {
      void host.end();
      return;
    }
    this.#host = host;
    host.yieldProcessor();
    this.#firstRssBytes = host.rssBytes;
    this.#upSinceMs = performance.now();
    void host.exited.then((cause) => {
      if (this.#host === host && !host.wasEnded) this.#failed(cause.message);
    });
    this.#to('up', '');
    void this.#next();
  }

  async #next(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#takeSuccessor();
    const host = this.#host;
    if (host === undefined || host.isGone) return;
    const next = this.#queue.shift();
    if (next === undefined) {
      this.#restLater();
      return;
    }
    this.#busy = true;
    try {
      next.assertAwaited();
      const { input } = next;
      const ask = { op: 'run', shape: input.shape } as const;
      const { data } = await host.call(ask, input.data, this.#options.timeLimitMs);
      next.resolve(new Float32Array(data.buffer));
    } catch (cause) {
      next.reject(cause);
    }
    this.#busy = false;
    this.#replaceGrown(host);
    void this.#next();
  }

  /** The one that runs has been refused already; those that wait may wait for the new host, unless that is far away. */
  #failed(reason: string): void {
    this.#host = undefined;
    if (this.#closed) return;
    this.#failures = failuresInARow(this.#failures, performance.now() - this.#upSinceMs);
    this.#upSinceMs = performance.now();
    this.#reason = reason;
    this.restarts++;
    if (this.#failures === 1) {
      this.#start();
      return;
    }
    this.#to('down', reason);
    this.#refuseWaiting(new AssayError('MODEL_CRASHED', `${reason}; it starts again soon`));
    // The first start did not wait
    const waitMs = restartWaitMs(FIRST_WAIT_MS, this.#failures - 1);
    this.#timer = setTimeout(() => this.#start(), waitMs);
    this.#timer.unref();
  }

  #refuseWaiting(cause: AssayError): void {
    for (const waiting of this.#queue.splice(0)) waiting.reject(cause);
  }

  /** The runtime keeps memory of what it has run: the next host is started beside this one, which serves until it is there. */
  #replaceGrown(host: HostProcess): void {
    const grown = host.rssBytes - this.#firstRssBytes;
    if (grown <= this.#options.maxGrowthBytes || this.#successor !== undefined || host !== this.#host) return;
    this.#successor = 'starting';
    this.#options.start().then(
      (successor) => {
        this.#successor = successor;
        void this.#next();
      },
      () => {
        this.#successor = undefined;
      },
    );
  }

  /** Between two runs. */
  #takeSuccessor(): void {
    const [host, successor] = [this.#host, this.#successor];
    if (successor === undefined || successor === 'starting') return;
    this.#successor = undefined;
    this.replaced++;
    this.#host = undefined;
    void host?.end();
    this.#use(successor);
  }

  #restLater(): void {
    const { idleMs } = this.#options;
    if (idleMs === undefined) return;
    this.#timer = setTimeout(() => {
      const host = this.#host;
      this.#host = undefined;
      this.#to('idle', '');
      void host?.end();
    }, idleMs);
    this.#timer.unref();
  }

  #to(state: HostState, reason: string): void {
    this.#state = state;
    this.#reason = reason;
    this.#options.onState(state, this.#host?.pid, reason);
  }

  /** Ends the host; whoever still waits is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#refuseWaiting(new AssayError('MODEL_CRASHED', 'Cannot run the model: it was released'));
    if (typeof this.#successor === 'object') void this.#successor.end();
    await this.#host?.end();
  }
}
