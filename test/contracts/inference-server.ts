import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EvidenceClient } from '@assay/proto/gen/events/evidence';
import { GRPCInferenceServiceClient } from '@assay/proto/gen/inference/open_inference_grpc';
import { credentials } from '@grpc/grpc-js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(REPOSITORY, 'model-servers/server/main.ts');
const NODE = join(REPOSITORY, 'node_modules/.bin/node');
export const MODELS = fileURLToPath(new URL('../reference/models', import.meta.url));

/** A version of one of the tiny committed models. */
export const served = (version: string, file: string): { model: string; version: string; path: string } => ({
  model: 'tiny',
  version,
  path: join(MODELS, `${file}.onnx`),
});

export const endpoint = (name: string, family: string, file: string, more: object = {}): object => ({
  name,
  family,
  champion: served('1', file),
  ...more,
});

/** Looks until there is something; fails after `withinMs`. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = 20_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(20);
  }
}

export interface ServerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Reused over restarts; made and removed here when absent. */
  readonly dir?: string;
}

/** A model server as a process of its own, in a folder of its own. */
export class ModelServerProcess implements AsyncDisposable {
  readonly dir: string;
  readonly evidence: string;
  readonly planFile: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #ownsDir: boolean;
  #child: ChildProcess | undefined;
  #log = '';
  grpc = '';
  http = '';
  inference!: GRPCInferenceServiceClient;
  outcomes!: EvidenceClient;

  private constructor({ env = {}, dir }: ServerOptions) {
    this.dir = dir ?? mkdtempSync(join(tmpdir(), 'assay-server-'));
    this.#ownsDir = dir === undefined;
    this.evidence = join(this.dir, 'evidence');
    this.planFile = join(this.dir, 'plan.json');
    this.#env = env;
  }

  static async start(endpoints: readonly object[], options: ServerOptions = {}): Promise<ModelServerProcess> {
    const server = new ModelServerProcess(options);
    server.writePlan(endpoints);
    await server.start();
    return server;
  }

  writePlan(endpoints: readonly object[]): void {
    writeFileSync(this.planFile, JSON.stringify({ version: 1, endpoints }));
  }

  async start(): Promise<void> {
    const ready = join(this.dir, 'ready.json');
    rmSync(ready, { force: true });
    const child = spawn(NODE, ['--disable-warning=ExperimentalWarning', MAIN], {
      env: {
        PATH: process.env.PATH ?? '',
        ASSAY_SERVER_ID: 'server-1',
        ASSAY_EVIDENCE: this.evidence,
        ASSAY_ARTIFACTS: MODELS,
        ASSAY_STATE: join(this.dir, 'state'),
        ASSAY_READY_FILE: ready,
        ASSAY_SEAL_AFTER_MS: '1000',
        ...(this.#env.ASSAY_CONTROL === undefined && { ASSAY_PLAN: this.planFile }),
        ...this.#env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    const address = await until('server is ready', () => {
      if (child.exitCode !== null) throw new Error(`server ended with ${child.exitCode}: ${this.#log}`);
      try {
        return JSON.parse(readFileSync(ready, 'utf8')) as { grpc: string; http: string };
      } catch {
        return undefined;
      }
    });
    this.grpc = address.grpc;
    this.http = address.http;
    const options = { 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1 };
    this.inference = new GRPCInferenceServiceClient(this.grpc, credentials.createInsecure(), options);
    this.outcomes = new EvidenceClient(this.grpc, credentials.createInsecure());
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  get log(): string {
    return this.#log;
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends the process and waits until it is gone; the folder stays. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.inference?.close();
    this.outcomes?.close();
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    if (this.#ownsDir) rmSync(this.dir, { recursive: true, force: true });
  }
}
