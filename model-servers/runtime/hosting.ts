import { AssayError } from '@assay/domain/errors';
import type { FamilySpec } from '@assay/domain/families/family';
import type { Hosting } from '@assay/domain/route-plan';
import { HostProcess } from './host/host-process.ts';
import { HostedRuns, type HostState } from './host/hosted-runs.ts';
import type { Opened } from './host/protocol.ts';
import { type Inline, type LoadedModel, PlacedModel } from './model.ts';
import { bytesOf, type ModelFile } from './model-file.ts';
import { openProvided } from './providers.ts';
import { checkSignature, warmUp } from './signature.ts';

export interface HostingOptions {
  /** Execution providers in order of preference; "cpu" is the last resort. */
  readonly providers: readonly string[];
  /** Of one run in a host, where the plan says nothing else. */
  readonly timeLimitMs: number;
  /** Of loading, warm-up and measuring. */
  readonly loadLimitMs: number;
  readonly queueLimit: number;
  readonly maxGrowthBytes: number;
  /** All that hosts see of the environment. */
  readonly env: Readonly<Record<string, string>>;
}

export const DEFAULT_HOSTING: HostingOptions = {
  providers: ['cpu'],
  timeLimitMs: 10_000,
  loadLimitMs: 120_000,
  queueLimit: 16,
  maxGrowthBytes: 512 * 2 ** 20,
  env: {},
};

/** What hosts report: a function an event. */
export interface HostingEvents {
  readonly hostState: (digest: string, pid: number | undefined, state: HostState, reason: string) => void;
  readonly moved: (digest: string) => void;
}

/** A run that is longer would delay everybody else's answers by as much. */
const LONGEST_INLINE_US = 1_000;
/** Making a session stops the server's thread too. */
const LONGEST_INLINE_OPEN_US = 25_000;
const LARGEST_INLINE_BYTES = 16 * 2 ** 20;
/** The runtime leaks a little with each model it opens and releases. */
const OPENINGS_A_HOST = 50;
const TRIAL_IDLE_MS = 5_000;
/** A host for the few long runs of a fast model. */
const IDLE_MS = 60_000;

const BASE = `onnxruntime-node/1.30.0 node/${process.versions.node} ${process.platform}-${process.arch}`;

/**
 * Opens models. Each is opened in a process of its own first, so that one that crashes, hangs or takes long to load holds up
 * nobody, and is measured there. Those whose runs take less than about a millisecond then run on the server's own thread.
 */
export class ModelHosting {
  readonly #options: HostingOptions;
  readonly #events: HostingEvents;
  /** Every process that lives. */
  readonly #all = new Set<HostProcess>();
  #trial: HostProcess | undefined;
  #openings = 0;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(options: HostingOptions = DEFAULT_HOSTING, events?: HostingEvents) {
    this.#options = options;
    this.#events = events ?? { hostState: () => undefined, moved: () => undefined };
  }

  /** Throws MODEL_MISSING, MODEL_DIGEST, MODEL_NOT_ONNX, MODEL_SIGNATURE, MODEL_FAILED (warm-up), MODEL_CRASHED, MODEL_HUNG. */
  open(model: ModelFile, spec: FamilySpec, hosting: Hosting = {}): Promise<LoadedModel> {
    // One after another: a host takes one call at a time
    const next = this.#last.then(() => this.#open(model, spec, hosting));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #open(model: ModelFile, spec: FamilySpec, hosting: Hosting): Promise<LoadedModel> {
    clearTimeout(this.#idle);
    const host = this.#trialHost();
    let placed: 'inline' | 'process' = 'inline';
    try {
      const opened = await this.#openIn(host, model, spec);
      placed = hosting.place ?? placeOf(opened, model);
      return new PlacedModel({
        ...{ digest: model.digest, runtime: `${BASE} ${opened.provider}`, opened },
        ...(placed === 'inline' && { inline: await openInline(model, spec, opened, hosting) }),
        hosted: this.#hosted(model, spec, hosting.timeLimitMs, placed === 'process' ? host : undefined),
        onMoved: () => this.#events.moved(model.digest),
      });
    } finally {
      if (placed === 'process') this.#trial = undefined;
      else this.#endLater(host);
    }
  }

  #hosted(
    model: ModelFile,
    spec: FamilySpec,
    timeLimitMs = this.#options.timeLimitMs,
    first?: HostProcess,
  ): HostedRuns {
    const { queueLimit, maxGrowthBytes } = this.#options;
    return new HostedRuns({
      ...{ timeLimitMs, queueLimit, maxGrowthBytes },
      ...(first === undefined ? { idleMs: IDLE_MS } : { first }),
      start: () => this.#started(model, spec),
      onState: (state, pid, reason) => this.#events.hostState(model.digest, pid, state, reason),
    });
  }

  async #started(model: ModelFile, spec: FamilySpec): Promise<HostProcess> {
    const host = this.#newHost();
    try {
      await this.#openIn(host, model, spec);
      return host;
    } catch (cause) {
      void host.end();
      throw cause;
    }
  }

  #newHost(): HostProcess {
    const host = new HostProcess(this.#options.env);
    this.#all.add(host);
    void host.exited.then(() => this.#all.delete(host));
    return host;
  }

  #trialHost(): HostProcess {
    if (this.#trial === undefined || this.#trial.isGone || this.#openings >= OPENINGS_A_HOST) {
      void this.#trial?.end();
      this.#trial = this.#newHost();
      this.#openings = 0;
    }
    this.#openings++;
    return this.#trial;
  }

  /** Plans name several models: the next one may come soon. */
  #endLater(host: HostProcess): void {
    this.#idle = setTimeout(() => {
      this.#trial = undefined;
      void host.end();
    }, TRIAL_IDLE_MS);
    this.#idle.unref();
  }

  async #openIn(host: HostProcess, { file, digest }: ModelFile, { family }: FamilySpec): Promise<Opened> {
    const { providers, loadLimitMs } = this.#options;
    const { reply } = await host.call(
      { op: 'open', file, digest, family, providers },
      undefined,
      loadLimitMs,
    );
    if (reply.opened === undefined)
      throw new AssayError('MODEL_FAILED', `Cannot load model "${file}": its host answered something else`);
    return reply.opened;
  }

  /** Ends every host. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await Promise.all([...this.#all].map((host) => host.end()));
  }
}

const placeOf = ({ rowUs, openUs }: Opened, { bytes }: ModelFile): 'inline' | 'process' =>
  rowUs > LONGEST_INLINE_US || openUs > LONGEST_INLINE_OPEN_US || bytes > LARGEST_INLINE_BYTES
    ? 'process'
    : 'inline';

/** Rows whose run stays below the limit, by the largest run that was measured. */
function mostInlineRows({ batches: { curve }, rowUs }: Opened): number {
  const last = curve.at(-1) ?? { rows: 1, usPerRow: Math.max(1, rowUs) };
  return Math.max(last.rows, Math.floor(LONGEST_INLINE_US / last.usPerRow));
}

/** The same model on this thread, after it has shown in its host that it can be had. */
async function openInline(
  model: ModelFile,
  spec: FamilySpec,
  opened: Opened,
  { place }: Hosting,
): Promise<Inline> {
  const { session } = openProvided(model.file, await bytesOf(model), [opened.provider]);
  checkSignature(model.file, session, spec);
  warmUp(session, spec);
  return { session, mostRows: place === 'inline' ? Number.POSITIVE_INFINITY : mostInlineRows(opened) };
}
