import type { ServerView, TrafficView } from '@assay/domain/read-models';
import type { ServerReport, TrafficCount } from '@assay/proto/gen/routes/routes';

const LIVE_MS = 15_000;
const WINDOW_MS = 10_000;

interface Sample {
  readonly atMs: number;
  readonly report: ServerReport;
}

const keyOf = (t: TrafficCount): string => JSON.stringify([t.endpoint, t.model, t.version, t.arm]);

/** What model servers reported in the last seconds; kept in memory, since it is worthless when old. */
export class LiveServers {
  readonly #samples = new Map<string, Sample[]>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  report(report: ServerReport): void {
    const nowMs = this.#nowMs();
    const kept = (this.#samples.get(report.serverId) ?? []).filter((s) => nowMs - s.atMs <= WINDOW_MS);
    this.#samples.set(report.serverId, [...kept, { atMs: nowMs, report }]);
  }

  servers(): readonly ServerView[] {
    return this.#live().map(({ atMs, report: r }) => ({
      id: r.serverId,
      grpc: r.grpcAddress,
      http: r.httpUrl,
      appliedVersion: Number(r.appliedVersion),
      refused: r.refused === '' ? null : r.refused,
      lastSeenMs: atMs,
    }));
  }

  traffic(endpoint: string): readonly TrafficView[] {
    const views = new Map<string, TrafficView>();
    for (const newest of this.#live()) {
      const oldest = this.#samples.get(newest.report.serverId)?.[0] ?? newest;
      for (const count of newest.report.traffic.filter((t) => t.endpoint === endpoint)) {
        const key = keyOf(count);
        views.set(key, added(views.get(key), count, rate(oldest, newest, count)));
      }
    }
    return [...views.values()];
  }

  #live(): readonly Sample[] {
    const nowMs = this.#nowMs();
    return [...this.#samples.values()]
      .map((samples) => samples.at(-1))
      .filter((s): s is Sample => s !== undefined && nowMs - s.atMs <= LIVE_MS);
  }
}

/** A server that restarted counts from zero again: no negative rates. */
function rate(oldest: Sample, newest: Sample, count: TrafficCount): number {
  const seconds = (newest.atMs - oldest.atMs) / 1_000;
  if (seconds <= 0) return 0;
  const before = oldest.report.traffic.find((t) => keyOf(t) === keyOf(count))?.answered ?? 0n;
  return Math.max(0, Number(count.answered - before)) / seconds;
}

const added = (view: TrafficView | undefined, count: TrafficCount, perSecond: number): TrafficView => ({
  model: count.model,
  version: count.version,
  arm: count.arm,
  perSecond: (view?.perSecond ?? 0) + perSecond,
  answered: (view?.answered ?? 0) + Number(count.answered),
  guarded: (view?.guarded ?? 0) + Number(count.guarded),
  failed: (view?.failed ?? 0) + Number(count.failed),
});
