import type { ArtifactStore } from '@assay/registry-store/artifacts';
import { type Deletion, pendingDeletions, runDeletion } from '@assay/registry-store/artifacts-deletions';
import { sweep } from '@assay/registry-store/artifacts-sweep';
import type { Caller, Context } from '@assay/registry-store/context';
import { RegistryFault } from '@assay/registry-store/faults';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { Counter, type Registry } from 'prom-client';

interface Deps {
  readonly pool: Context['pool'];
  readonly artifacts: ArtifactStore;
  readonly log: FastifyBaseLogger;
  readonly metrics: Registry;
}

const SWEEPER: Caller = { subject: 'registry', role: 'service' };

/** Deletions and sweeps, one after another, off the request's path. What a crash left pending is done after the next start. */
export class ArtifactJobs implements AsyncDisposable {
  readonly #deps: Deps;
  readonly #freed: Counter<'kind'>;
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#freed = new Counter({
      name: 'assay_registry_artifact_bytes_freed_total',
      help: 'Bytes of blobs removed by deletions and sweeps',
      labelNames: ['kind'],
      registers: [deps.metrics],
    });
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  #report(deletion: Deletion): void {
    const receipt = deletion.receipt as { bytesRemoved: number };
    this.#freed.inc({ kind: String(deletion.kind) }, receipt.bytesRemoved);
    this.#deps.log.info({ deletion }, 'artifacts deleted; this is the receipt');
  }

  /** Starts the job of a requested deletion and does not wait for it. A failure is logged; the job stays pending. */
  start(id: string): void {
    const { pool, artifacts, log } = this.#deps;
    this.#enqueue(async () => {
      const done = await runDeletion(pool, artifacts.ledger, id, Date.now());
      if (done !== undefined) this.#report(done);
    }).catch((err: unknown) =>
      log.error({ err, deletion: id }, 'a deletion failed; it stays pending and is tried again'),
    );
  }

  async startPending(): Promise<void> {
    for (const id of await pendingDeletions(this.#deps.pool)) this.start(id);
  }

  sweep(graceMs: number, caller: Caller = SWEEPER): Promise<Deletion> {
    const { pool, artifacts } = this.#deps;
    return this.#enqueue(async () => {
      const done = await sweep({ pool, artifacts, caller, nowMs: Date.now() }, graceMs);
      this.#report(done);
      return done;
    });
  }

  /** Tries pending deletions again and sweeps, now and then. */
  every(intervalMs: number, graceMs: number): void {
    if (intervalMs === 0) return;
    this.#timer = setInterval(() => {
      this.startPending()
        .then(() => this.sweep(graceMs))
        .catch((err: unknown) => {
          if (err instanceof RegistryFault && err.code === 'RESOURCE_CONFLICT') return;
          this.#deps.log.error({ err }, 'a sweep failed; the next one tries again');
        });
    }, intervalMs);
    this.#timer.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue;
  }
}

/** Jobs that live as long as the server: what is pending begins when it listens, and its end waits for the one that runs. */
export const startArtifactJobs = (
  app: FastifyInstance,
  deps: Deps,
  { sweepEveryMs, sweepGraceMs }: { readonly sweepEveryMs: number; readonly sweepGraceMs: number },
): ArtifactJobs => {
  const jobs = new ArtifactJobs(deps);
  app.addHook('onReady', () => jobs.startPending());
  app.addHook('onClose', () => jobs[Symbol.asyncDispose]());
  jobs.every(sweepEveryMs, sweepGraceMs);
  return jobs;
};
