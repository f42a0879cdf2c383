import { AssayError } from '@assay/domain/errors';
import { Batcher } from './batcher.ts';
import type { BatchRule } from './batches.ts';
import type { HostedRuns, HostState } from './host/hosted-runs.ts';
import type { Opened } from './host/protocol.ts';
import type { Session } from './session.ts';

/** A float matrix for the model; every family's model takes one. */
export interface ModelInput {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** Where a model runs, and how it is. */
export interface ModelStatus {
  readonly place: 'inline' | 'process';
  /** Of its host; `up` while it runs inline. */
  readonly state: HostState;
  /** Why it is down; "" when it is not. */
  readonly reason: string;
  /** Resident memory of its host, else what it took when it was opened. */
  readonly memoryBytes: number;
  readonly hostPid: number | undefined;
  readonly hostRestarts: number;
  readonly provider: string;
  /** Why it is not the provider that was asked for; "" when it is. */
  readonly providerReason: string;
}

/** A model that answered its warm-up, wherever it runs. `run` calls in progress keep it from being released. */
export interface LoadedModel {
  readonly digest: string;
  readonly batches: BatchRule;
  /** Fingerprint of what computes: the same one gives the same bits. */
  readonly runtime: string;
  status(): ModelStatus;
  /** Throws MODEL_FAILED; from a host also MODEL_HUNG, MODEL_CRASHED, OVERLOADED and what `assertAwaited` throws when the turn comes. */
  run(input: ModelInput, assertAwaited?: () => void): Promise<Float32Array>;
  release(): Promise<void>;
}

/** A session on the server's own thread, for runs of so many rows. */
export interface Inline {
  readonly session: Session;
  readonly mostRows: number;
}

export interface Parts {
  readonly digest: string;
  readonly runtime: string;
  readonly opened: Opened;
  /** Absent: every run goes to the host. */
  readonly inline?: Inline;
  readonly hosted: HostedRuns;
  /** A model that was fast when it was measured has had a slow run. */
  readonly onMoved: () => void;
}

/** Wall time after which the next run's processor time is looked at; the scheduler alone may take so long. */
const SUSPECT_MS = 20;
const SLOW_US = 20_000;
const NOBODY_LEAVES = (): void => undefined;

/** Short runs on the server's own thread, long ones in the model's host. */
export class PlacedModel implements LoadedModel {
  readonly #parts: Parts;
  readonly #batcher: Batcher | undefined;
  #inlineRows: number;
  #running = 0;
  #closing: (() => void) | undefined;
  #isSuspect = false;

  constructor(parts: Parts) {
    const { inline, opened } = parts;
    this.#parts = parts;
    this.#inlineRows = inline?.mostRows ?? 0;
    if (inline === undefined) return;
    const run: Session['run'] = (data, shape) => this.#watched(inline.session, data, shape);
    this.#batcher = new Batcher({ ...inline.session, run }, opened.batches);
  }

  get digest(): string {
    return this.#parts.digest;
  }

  get batches(): BatchRule {
    return this.#parts.opened.batches;
  }

  get runtime(): string {
    return this.#parts.runtime;
  }

  status(): ModelStatus {
    const { hosted, opened } = this.#parts;
    const isInline = this.#inlineRows > 0;
    return {
      place: isInline ? 'inline' : 'process',
      // A host for the few long runs of a fast model comes and goes
      state: isInline ? 'up' : hosted.state,
      reason: isInline ? '' : hosted.reason,
      memoryBytes: hosted.rssBytes + (isInline ? opened.memoryBytes : 0),
      hostPid: hosted.pid,
      hostRestarts: hosted.restarts,
      provider: opened.provider,
      providerReason: opened.providerReason,
    };
  }

  async run(input: ModelInput, assertAwaited = NOBODY_LEAVES): Promise<Float32Array> {
    this.#running++;
    try {
      return this.#batcher !== undefined && (input.shape[0] as number) <= this.#inlineRows
        ? await this.#batcher.run(input)
        : await this.#parts.hosted.run(input, assertAwaited);
    } catch (cause) {
      if (cause instanceof AssayError) throw cause;
      throw new AssayError('MODEL_FAILED', `Cannot run the model: ${(cause as Error).message}`, { cause });
    } finally {
      if (--this.#running === 0) this.#closing?.();
    }
  }

  /** How long a run takes may depend on its numbers: what was fast with the first ones is watched with all others. */
  #watched(session: Session, data: Float32Array, shape: readonly number[]): Float32Array {
    const began = performance.now();
    const cpu = this.#isSuspect ? process.threadCpuUsage() : undefined;
    const values = session.run(data, shape);
    if (cpu !== undefined) {
      const { user, system } = process.threadCpuUsage(cpu);
      if (user + system > SLOW_US) this.#move();
    }
    this.#isSuspect = performance.now() - began > SUSPECT_MS;
    return values;
  }

  /** For good, unless the plan says where it is to run: the host is started by the next run. */
  #move(): void {
    if (this.#inlineRows === 0 || this.#inlineRows === Number.POSITIVE_INFINITY) return;
    this.#inlineRows = 0;
    this.#parts.onMoved();
  }

  async release(): Promise<void> {
    if (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#closing = resolve;
      });
    this.#parts.inline?.session.release();
    await this.#parts.hosted.close();
  }
}
