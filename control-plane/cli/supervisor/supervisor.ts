import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertUsable } from '@assay/adapters/registry/mlflow-model-registry';
import { AssayError } from '@assay/domain/errors';
import { mlflowServer, type RegistryChoice } from '@assay/domain/registry-choice';
import { cacheFolder } from './cache.ts';
import { Child, type ChildSpec } from './child.ts';
import {
  bucketOf,
  controlPlaneChild,
  type FleetInput,
  modelServerChildren,
  registryChild,
  registryUrl,
  workerChild,
} from './fleet.ts';
import { choosePorts, type FixedPorts, type Ports } from './port-book.ts';
import { postgresAnswers, preparePostgres } from './postgres.ts';
import { assertAlone, endLeftovers, type ProcessRow, startTicks, writeProcesses } from './process-table.ts';
import {
  type Endpoints,
  openStateFolder,
  type StateFolder,
  type Tokens,
  tokensOf,
  writeAtomically,
} from './state-folder.ts';
import { findTemporal, temporalAnswers, temporalArguments } from './temporal.ts';
import { buildUi } from './ui-build.ts';

export interface UpOptions {
  readonly state: string;
  readonly servers: number;
  readonly ports: FixedPorts;
  readonly auth: 'open' | 'required';
  readonly sealAfterMs: number;
  readonly say: (line: string) => void;
  /** Gives up a start that is under way; what runs by then is stopped. */
  readonly signal: AbortSignal;
}

/** The running whole. Disposing stops every process in the order that loses nothing. */
export class Supervisor implements AsyncDisposable {
  readonly folder: StateFolder;
  readonly #say: (line: string) => void;
  readonly #signal: AbortSignal;
  readonly #children: Child[] = [];
  #stopping: Promise<void> | undefined;

  private constructor(folder: StateFolder, { say, signal }: UpOptions) {
    this.folder = folder;
    this.#say = say;
    this.#signal = signal;
  }

  /** Starts everything and writes endpoints.json. Throws what the first process that cannot start says; stops the rest. */
  static async up(options: UpOptions): Promise<{ supervisor: Supervisor; endpoints: Endpoints }> {
    const folder = openStateFolder(options.state);
    assertAlone(folder);
    const supervisor = new Supervisor(folder, options);
    try {
      await endLeftovers(folder, options.say);
      supervisor.#record();
      return { supervisor, endpoints: await untilAborted(supervisor.#start(options), options.signal) };
    } catch (cause) {
      await supervisor[Symbol.asyncDispose]();
      throw cause;
    }
  }

  async #start(options: UpOptions): Promise<Endpoints> {
    const ports = await choosePorts(options.servers, options.ports);
    const tokens = tokensOf(this.folder);
    const cacheDir = cacheFolder(process.env);
    const otherRegistry = await otherRegistryOf(process.env);
    const [databaseUrl, temporalAddress, uiDir] = await Promise.all([
      this.#postgres(ports),
      this.#temporal(ports, cacheDir),
      buildUi(this.#say),
    ]);
    const input: FleetInput = {
      state: this.folder,
      ports,
      tokens,
      databaseUrl,
      temporalAddress,
      uiDir,
      cacheDir,
      auth: options.auth,
      sealAfterMs: options.sealAfterMs,
      otherRegistry,
      bucket: bucketOf(process.env),
    };
    // The registry and the control plane migrate the database; what reads it starts after them
    if (otherRegistry === undefined) await this.#run(registryChild(input));
    else this.#say(`the registry is ${otherRegistry.baseUrl} (MLFLOW_TRACKING_URI)`);
    await this.#run(controlPlaneChild(input));
    await Promise.all([workerChild(input), ...modelServerChildren(input)].map((spec) => this.#run(spec)));
    const endpoints = endpointsOf(input, tokens);
    writeAtomically(this.folder.endpoints, `${JSON.stringify(endpoints, null, 2)}\n`);
    return endpoints;
  }

  async #postgres(ports: Ports): Promise<string> {
    const given = process.env.DATABASE_URL;
    if (given) return given;
    const plan = await preparePostgres(this.folder.postgres, ports.postgres);
    await this.#run({
      name: 'postgres',
      command: plan.command,
      env: {},
      healthy: () => postgresAnswers(plan.url),
      stopSignal: 'SIGINT',
    });
    return plan.url;
  }

  async #temporal(ports: Ports, cacheDir: string): Promise<string> {
    const given = process.env.TEMPORAL_ADDRESS;
    if (given) return given;
    const program = await findTemporal(cacheDir, this.#say);
    const address = `127.0.0.1:${ports.temporal}`;
    const db = join(this.folder.temporal, 'temporal.db');
    await this.#run({
      name: 'temporal',
      command: [program, ...temporalArguments(db, ports.temporal)],
      env: {},
      healthy: () => temporalAnswers(address),
    });
    return address;
  }

  async #run(spec: ChildSpec): Promise<void> {
    this.#signal.throwIfAborted();
    const child = new Child(spec, this.folder, (note) => {
      if (note) this.#say(note);
      this.#record();
    });
    this.#children.push(child);
    const startedAt = Date.now();
    await child.start();
    this.#say(`${spec.name} is up (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  }

  #record(): void {
    const self: ProcessRow = {
      name: 'supervisor',
      pid: process.pid,
      startedTicks: startTicks(process.pid) ?? '',
      restarts: 0,
      state: 'running',
    };
    try {
      writeProcesses(this.folder, [self, ...this.#children.map((c) => c.row)]);
    } catch (cause) {
      // A full disk must not end what still runs; it is told, and written with the next change
      this.#say(`cannot write processes.json: ${(cause as Error).message}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Traffic first, then what decides, then what remembers. */
  async #stop(): Promise<void> {
    rmSync(this.folder.endpoints, { force: true });
    const named = (test: (name: string) => boolean): Child[] =>
      this.#children.filter((c) => test(c.spec.name));
    await Promise.all(named((n) => n.startsWith('model-') || n === 'worker').map((c) => c.stop()));
    await Promise.all(named((n) => n === 'control-plane' || n === 'registry').map((c) => c.stop()));
    await Promise.all(named((n) => n === 'temporal' || n === 'postgres').map((c) => c.stop()));
    writeProcesses(this.folder, []);
  }
}

/** What a start answers, or the reason for which it is given up; the start itself ends at its next process. */
async function untilAborted<T>(start: Promise<T>, signal: AbortSignal): Promise<T> {
  start.catch(() => undefined);
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void =>
    reject(new AssayError('START_CANCELLED', `Cannot go on starting: ${(signal.reason as Error).message}`));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal.aborted) giveUp();
    return await Promise.race([start, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Another registry, asked before anything starts. Throws CONFIG_INVALID, UNREACHABLE. */
async function otherRegistryOf(env: NodeJS.ProcessEnv): Promise<RegistryChoice | undefined> {
  const { MLFLOW_TRACKING_URI: uri } = env;
  if (!uri) return undefined;
  const choice = mlflowServer(uri, env);
  await assertUsable(choice);
  return choice;
}

function endpointsOf(input: FleetInput, tokens: Tokens): Endpoints {
  const control = `http://127.0.0.1:${input.ports.controlPlane}`;
  const http = input.ports.servers.map((p) => `http://127.0.0.1:${p.http}`);
  const { service: _, ...handedOut } = tokens;
  const own = input.otherRegistry === undefined ? [registryUrl(input)] : [];
  return {
    version: 1,
    controlPlane: control,
    ui: control,
    registry: registryUrl(input),
    registryKind: input.otherRegistry === undefined ? 'assay' : 'mlflow',
    inference: input.ports.servers.map((p) => `127.0.0.1:${p.grpc}`),
    inferenceHttp: http,
    metrics: [control, ...own, ...http].map((u) => `${u}/metrics`),
    temporal: input.temporalAddress,
    database: input.databaseUrl,
    tokens: handedOut,
    state: input.state.root,
    supervisorPid: process.pid,
  };
}
