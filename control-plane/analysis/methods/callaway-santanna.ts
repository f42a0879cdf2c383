import { at, mean, sum } from '../numeric/sum.ts';
import { positions } from '../numeric/two-way.ts';
import type { CohortRows } from './event-study.ts';

export type ControlGroup = 'never-treated' | 'not-yet-treated';

interface Panel {
  readonly times: readonly number[];
  /** First treated time by unit; 0 never. */
  readonly cohort: readonly number[];
  /** [units × times]; NaN where there is no row. */
  readonly y: readonly (readonly number[])[];
}

/** Units that are treated from the first period on have no base and are left out. */
function panelOf(rows: CohortRows): Panel {
  const [unit, time] = [positions(rows.unit), positions(rows.time)];
  const cohort = unit.distinct.map(() => 0);
  const y = unit.distinct.map(() => time.distinct.map(() => Number.NaN));
  for (const [i, u] of unit.of.entries()) {
    cohort[u] = at(rows.firstTreated, i);
    (y[u] as number[])[at(time.of, i)] = at(rows.y, i);
  }
  const first = at(time.distinct, 0);
  const kept = cohort.flatMap((g, u) => (g === 0 || g > first ? [u] : []));
  return {
    times: time.distinct,
    cohort: kept.map((u) => at(cohort, u)),
    y: kept.map((u) => y[u] as number[]),
  };
}

interface Cell {
  readonly group: number;
  readonly time: number;
  readonly effect: number;
  /** By unit: its influence on the effect. */
  readonly influence: readonly number[];
}

const meanOver = (values: readonly number[], units: readonly number[]): number =>
  mean(units.map((u) => at(values, u)));

/** ATT(g, t) without covariates (Callaway & Sant'Anna, Journal of Econometrics 225 (2021), eq. 2.9). */
function cell(panel: Panel, group: number, t: number, controlGroup: ControlGroup): Cell | null {
  const { times, cohort, y } = panel;
  const time = at(times, t);
  const base = time < group ? t - 1 : times.findLastIndex((s) => s < group);
  const change = y.map((row) => at(row, t) - at(row, base));
  const last = Math.max(time, at(times, base));
  const isControl = (g: number): boolean =>
    g === 0 || (controlGroup === 'not-yet-treated' && g > last && g !== group);
  const seen = cohort.flatMap((_, u) => (Number.isFinite(at(change, u)) ? [u] : []));
  const treated = seen.filter((u) => at(cohort, u) === group);
  const controls = seen.filter((u) => isControl(at(cohort, u)));
  if (treated.length === 0 || controls.length === 0) return null;
  const [m1, m0] = [meanOver(change, treated), meanOver(change, controls)];
  const influence = cohort.map(() => 0);
  const n = cohort.length;
  for (const u of treated) influence[u] = (n / treated.length) * (at(change, u) - m1);
  for (const u of controls) influence[u] = (-n / controls.length) * (at(change, u) - m0);
  return { group, time, effect: m1 - m0, influence };
}

const standardError = (influence: readonly number[]): number =>
  Math.sqrt(sum(influence.map((x) => x * x))) / influence.length;

/** Mean of cells weighted by cohort size; its influence holds the estimation of the weights too (theorem 4). */
function aggregate(cells: readonly Cell[], cohort: readonly number[]): { effect: number; se: number } {
  const n = cohort.length;
  const shares = cells.map(({ group }) => cohort.filter((g) => g === group).length / n);
  const total = sum(shares);
  const effect = sum(cells.map((each, k) => (at(shares, k) / total) * each.effect));
  const influence = cohort.map((g, u) => {
    let value = 0;
    let excess = 0;
    for (const [k, each] of cells.entries()) {
      const belongs = (g === each.group ? 1 : 0) - at(shares, k);
      value += (at(shares, k) / total) * at(each.influence, u) + (belongs / total) * each.effect;
      excess += belongs;
    }
    return value - (excess / total) * effect;
  });
  return { effect, se: standardError(influence) };
}

/** Null when no cell has both treated units and controls. */
export function callawaySantanna(rows: CohortRows, controlGroup: ControlGroup) {
  const panel = panelOf(rows);
  const groups = [...new Set(panel.cohort)].filter(
    (g) => g !== 0 && g <= at(panel.times, panel.times.length - 1),
  );
  const cells = groups
    .sort((a, b) => a - b)
    .flatMap((group) => panel.times.slice(1).map((_, i) => cell(panel, group, i + 1, controlGroup)))
    .filter((each): each is Cell => each !== null);
  const post = cells.filter(({ group, time }) => time >= group);
  if (post.length === 0) return null;
  const overall = aggregate(post, panel.cohort);
  const eventTime = [...new Set(cells.map(({ group, time }) => time - group))].sort((a, b) => a - b);
  const events = eventTime.map((e) =>
    aggregate(
      cells.filter(({ group, time }) => time - group === e),
      panel.cohort,
    ),
  );
  return {
    group: cells.map((each) => each.group),
    time: cells.map((each) => each.time),
    effect: cells.map((each) => each.effect),
    se: cells.map((each) => standardError(each.influence)),
    overall: overall.effect,
    overallSe: overall.se,
    eventTime,
    eventEffect: events.map((each) => each.effect),
    eventSe: events.map((each) => each.se),
  };
}
