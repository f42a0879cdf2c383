import type { TrackedRun } from '@assay/domain/ports/registry-reader';
import type { ComparedRow } from '../shared/compared.ts';
import { isRunning, statusWords, valueText } from './words.ts';

export interface Comparison {
  readonly params: readonly ComparedRow[];
  readonly metrics: readonly ComparedRow[];
  readonly facts: readonly ComparedRow[];
}

export function compareRuns(runs: readonly TrackedRun[]): Comparison {
  return {
    params: keyed(runs, (run) => run.params, String),
    // Compared by what was logged, not by what fits into a cell
    metrics: keyed(
      runs,
      (run) => run.metrics,
      (m) => valueText(m.value),
      (m) => String(m.value),
    ),
    facts: [
      row(
        'status',
        runs.map((run) => statusWords(run.status).label),
      ),
      row(
        'user',
        runs.map((run) => run.user || undefined),
      ),
      row(
        'data sets',
        runs.map((run) => dataOf(run)),
      ),
      row(
        'code revision',
        runs.map((run) => run.tags['mlflow.source.git.commit']),
      ),
      row(
        'source',
        runs.map((run) => run.tags['mlflow.source.name']),
      ),
    ].filter((r) => r.cells.some((cell) => cell !== undefined)),
  };
}

const row = (what: string, cells: readonly (string | undefined)[], compared = cells): ComparedRow => ({
  what,
  cells,
  differs: new Set(compared).size > 1,
});

function keyed<T>(
  runs: readonly TrackedRun[],
  part: (run: TrackedRun) => Readonly<Record<string, T>>,
  shown: (value: T) => string,
  exact: (value: T) => string = shown,
): readonly ComparedRow[] {
  const parts = runs.map(part);
  const keys = [...new Set(parts.flatMap((p) => Object.keys(p)))].toSorted();
  const cellsOf = (key: string, as: (value: T) => string) =>
    parts.map((p) => (Object.hasOwn(p, key) ? as(p[key] as T) : undefined));
  return keys.map((key) => row(key, cellsOf(key, shown), cellsOf(key, exact)));
}

const dataOf = (run: TrackedRun): string | undefined =>
  run.inputs
    .map((i) => `${i.name} ${i.digest}`)
    .toSorted()
    .join(', ') || undefined;

/** Metrics worth a chart first: those that were logged over steps. */
export function chartedFirst(runs: readonly TrackedRun[], most: number): readonly string[] {
  const stepped = runs.flatMap((run) =>
    Object.entries(run.metrics).flatMap(([key, { step }]) => (step > 0 || isRunning(run) ? [key] : [])),
  );
  return [...new Set(stepped)].toSorted().slice(0, most);
}

export const metricsOf = (runs: readonly TrackedRun[]): readonly string[] =>
  [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].toSorted();
