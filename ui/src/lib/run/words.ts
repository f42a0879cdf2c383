import type { MetricValue, TrackedRun } from '@assay/domain/ports/registry-reader';
import { formatNumber } from '../shared/format.ts';
import type { Tone } from '../shared/tone.ts';

const STATUS: Readonly<Record<string, { readonly label: string; readonly tone: Tone }>> = {
  RUNNING: { label: 'Running', tone: 'info' },
  SCHEDULED: { label: 'Scheduled', tone: 'neutral' },
  FINISHED: { label: 'Finished', tone: 'good' },
  FAILED: { label: 'Failed', tone: 'bad' },
  KILLED: { label: 'Killed', tone: 'warn' },
};

/** A status that this page does not know is shown as it is. */
export const statusWords = (status: string): { readonly label: string; readonly tone: Tone } =>
  STATUS[status] ?? { label: status, tone: 'neutral' };

export const isRunning = (run: Pick<TrackedRun, 'status'>): boolean =>
  run.status === 'RUNNING' || run.status === 'SCHEDULED';

export const runHref = (id: string): string => `/training/runs/${encodeURIComponent(id)}`;
export const runExperimentHref = (id: string): string => `/training/experiments/${encodeURIComponent(id)}`;
export const compareHref = (ids: readonly string[]): string =>
  `/training/compare?${new URLSearchParams(ids.map((id) => ['run', id]))}`;

/** Runs are found by their names; those of a client that gives none by the start of their id. */
export const runName = (run: Pick<TrackedRun, 'id' | 'name'>): string => run.name || run.id.slice(0, 8);

/** How long it took, or takes so far; undefined where it never started. */
export const durationMs = (run: TrackedRun, nowMs: number): number | undefined =>
  run.startedAtMs === 0 ? undefined : Math.max(0, (run.endedAtMs ?? nowMs) - run.startedAtMs);

/** The number that a value stands for; MLflow writes what is not finite as text. */
export const numberOf = (value: MetricValue): number => (typeof value === 'number' ? value : Number(value));

export const valueText = (value: MetricValue): string => {
  const number = numberOf(value);
  return Number.isNaN(number) ? 'NaN' : formatNumber(number, 4);
};
