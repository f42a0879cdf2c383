import { type ChildProcess, spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { AssayError } from '@assay/domain/errors';
import { type Frame, FrameReader, frameHead } from './frames.ts';
import { type Ask, PIPE, type Reply } from './protocol.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const FLAGS = ['--disable-warning=ExperimentalWarning'];

/** Niceness (nice(2)). */
const YIELD = 5;
const LEAST_PRIORITY = 19;

/** An answered call; `data` are the model's output. */
export interface Answered {
  readonly reply: Reply & { readonly ok: true };
  readonly data: Uint8Array<ArrayBuffer>;
}

interface Call {
  readonly resolve: (answered: Answered) => void;
  readonly reject: (cause: AssayError) => void;
  readonly timer: NodeJS.Timeout;
}

/** A host as its server sees it. It takes one call at a time; one that lasts too long kills it. */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  readonly #reader = new FrameReader();
  readonly #exited: Promise<AssayError>;
  #call: Call | undefined;
  #hung: AssayError | undefined;
  #gone: AssayError | undefined;
  rssBytes = 0;
  /** Its end is no failure. */
  wasEnded = false;

  /** `env` is all that the host sees of the environment: secrets are not among it. */
  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [...FLAGS, MAIN], {
      env,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    this.#pipe = this.#child.stdio[PIPE] as Duplex;
    this.#pipe.on('data', (chunk: Buffer) => {
      for (const frame of this.#reader.push(chunk)) this.#settle(frame);
    });
    // A broken pipe is followed by the end of the process, which tells more
    this.#pipe.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      const gone = (text: string): void => resolve(this.#end(text));
      this.#child.once('error', (cause) => gone(`could not be started: ${cause.message}`));
      this.#child.once('exit', (code, signal) => gone(`ended (${signal ?? `exit code ${code}`})`));
    });
    this.#child.unref();
    (this.#pipe as Duplex & { unref(): void }).unref();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the process is gone, with the reason. */
  get exited(): Promise<AssayError> {
    return this.#exited;
  }

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** From now on, where cores are few, the server's own event loop goes first. */
  yieldProcessor(): void {
    try {
      setPriority(this.pid, Math.min(LEAST_PRIORITY, getPriority() + YIELD));
    } catch {
      // It runs as others do
    }
  }

  /** One at a time. Rejects with the host's own error, MODEL_HUNG or MODEL_CRASHED. */
  call(ask: Ask, data: Float32Array | undefined, limitMs: number): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) return reject(this.#gone);
      const timer = setTimeout(() => this.#kill(limitMs), limitMs);
      this.#call = { resolve, reject, timer };
      const bytes = data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      this.#pipe.cork();
      this.#pipe.write(frameHead(ask, bytes?.length ?? 0));
      if (bytes !== undefined) this.#pipe.write(bytes);
      this.#pipe.uncork();
    });
  }

  #kill(limitMs: number): void {
    const text = `Cannot run the model: it did not end within ${limitMs} ms; its host was killed`;
    this.#hung = new AssayError('MODEL_HUNG', text);
    this.#child.kill('SIGKILL');
  }

  #settle({ head, data }: Frame): void {
    const call = this.#call;
    this.#call = undefined;
    if (call === undefined) return;
    clearTimeout(call.timer);
    const reply = head as Reply;
    if (reply.ok) {
      this.rssBytes = reply.rssBytes;
      call.resolve({ reply, data });
    } else call.reject(new AssayError(reply.code, reply.message));
  }

  #end(text: string): AssayError {
    this.#gone = this.#hung ?? new AssayError('MODEL_CRASHED', `Cannot run the model: its host ${text}`);
    clearTimeout(this.#call?.timer);
    this.#call?.reject(this.#gone);
    this.#call = undefined;
    return this.#gone;
  }

  /** Ends it; what it computes is lost. */
  async end(): Promise<void> {
    this.wasEnded = true;
    // Whoever ends it waits for that, with nothing else to do perhaps
    if (!this.isGone) this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
