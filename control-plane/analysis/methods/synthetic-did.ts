import { gram } from '../numeric/linear.ts';
import { simplexWeights } from '../numeric/simplex-qp.ts';
import { at, mean, rowAt, sum, variance } from '../numeric/sum.ts';
import { tEstimate } from './mean-difference.ts';

type Panel = readonly (readonly number[])[];

export interface SyntheticDid {
  readonly estimate: number;
  readonly unitWeights: number[];
  readonly timeWeights: number[];
  readonly didEstimate: number;
  /** With more than one treated unit. */
  readonly jackknifeSe?: number | null;
}

const weighted = (values: readonly number[], weights: readonly number[]): number =>
  sum(weights.map((w, i) => w * at(values, i)));

const centred = (values: readonly number[]): number[] => {
  const centre = mean(values);
  return values.map((x) => x - centre);
};

/** Weights that bring Σwⱼ·pointⱼ + intercept nearest to the target in mean square, plus ridge·‖w‖². */
function ridgeWeights(points: Panel, target: readonly number[], ridge: number): number[] {
  const goal = centred(target);
  const k = gram(points.map((point) => centred(point).map((x, i) => x - at(goal, i))));
  return simplexWeights(k.map((row, i) => row.map((x, j) => x / target.length + (i === j ? ridge : 0))));
}

/** sd of the controls' first differences before the change, all cells together. */
function noiseLevel(controls: Panel, prePeriods: number): number {
  return Math.sqrt(
    variance(controls.flatMap((row) => row.slice(1, prePeriods).map((y, t) => y - at(row, t)))),
  );
}

const column = (panel: Panel, t: number): number[] => panel.map((row) => at(row, t));
const average = (panel: Panel): number[] => (panel[0] ?? []).map((_, t) => mean(column(panel, t)));

/** Post mean less the weighted pre-periods of one unit's (or average's) row. */
const change = (row: readonly number[], prePeriods: number, timeWeights: readonly number[]): number =>
  mean(row.slice(prePeriods)) - weighted(row, timeWeights);

interface Parts {
  readonly controls: Panel;
  readonly treated: Panel;
  readonly prePeriods: number;
}

function doubleDifference(
  parts: Parts,
  unitWeights: readonly number[],
  timeWeights: readonly number[],
): number {
  const { controls, treated, prePeriods } = parts;
  const own = change(average(treated), prePeriods, timeWeights);
  return (
    own -
    weighted(
      controls.map((row) => change(row, prePeriods, timeWeights)),
      unitWeights,
    )
  );
}

/** Algorithm 3 of the paper: weights held, renormalised without the unit left out. Null when one unit carries all weight. */
function jackknife(
  parts: Parts,
  unitWeights: readonly number[],
  timeWeights: readonly number[],
): number | null {
  const { controls, treated } = parts;
  if (unitWeights.some((w) => w === 1)) return null;
  const withoutControl = controls.map((_, i) => {
    const rest = unitWeights.filter((__, j) => j !== i);
    const total = sum(rest);
    const fewer = { ...parts, controls: controls.filter((__, j) => j !== i) };
    return doubleDifference(
      fewer,
      rest.map((w) => w / total),
      timeWeights,
    );
  });
  const withoutTreated = treated.map((_, i) =>
    doubleDifference({ ...parts, treated: treated.filter((__, j) => j !== i) }, unitWeights, timeWeights),
  );
  const estimates = [...withoutControl, ...withoutTreated];
  const n = estimates.length;
  return Math.sqrt((((n - 1) * (n - 1)) / n) * variance(estimates));
}

interface Fitted {
  readonly estimate: number;
  readonly unitWeights: number[];
  readonly timeWeights: number[];
}

/** Algorithm 1 of the paper at a given noise level. */
function fit(parts: Parts, noise: number): Fitted {
  const { controls, treated, prePeriods } = parts;
  const periods = rowAt(controls, 0).length;
  const zeta = (treated.length * (periods - prePeriods)) ** 0.25 * noise;
  const before = (row: readonly number[]): number[] => row.slice(0, prePeriods);
  const unitWeights = ridgeWeights(controls.map(before), before(average(treated)), zeta ** 2);
  const postMeans = controls.map((row) => mean(row.slice(prePeriods)));
  const columns = Array.from({ length: prePeriods }, (_, t) => column(controls, t));
  const timeWeights = ridgeWeights(columns, postMeans, (1e-6 * noise) ** 2);
  return { estimate: doubleDifference(parts, unitWeights, timeWeights), unitWeights, timeWeights };
}

/**
 * Synthetic difference in differences (Arkhangelsky, Athey, Hirshberg, Imbens & Wager, AER 2021, algorithm 1). `outcomes` holds
 * the controls first.
 */
export function syntheticDid(outcomes: Panel, controlCount: number, prePeriods: number): SyntheticDid {
  const [controls, treated] = [outcomes.slice(0, controlCount), outcomes.slice(controlCount)];
  const parts = { controls, treated, prePeriods };
  const fitted = fit(parts, noiseLevel(controls, prePeriods));
  const even = (n: number): number[] => new Array<number>(n).fill(1 / n);
  return {
    ...fitted,
    didEstimate: doubleDifference(parts, even(controls.length), even(prePeriods)),
    ...(treated.length > 1 ? { jackknifeSe: jackknife(parts, fitted.unitWeights, fitted.timeWeights) } : {}),
  };
}

export interface PlaceboInterval {
  readonly placeboSe: number;
  readonly df: number;
  readonly p: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * Placebo error of an estimate (algorithm 4): as many controls as there are treated units, taken as if treated, the noise level held
 * as in the authors' synthdid. Not drawn: each control in its order begins one group, so that each is in as many. Interval and p by t
 * with controls − 1 degrees of freedom, where the paper takes the normal. For errors of one variance over units; more controls than
 * treated units.
 */
export function placeboInterval(
  outcomes: Panel,
  controlCount: number,
  { prePeriods, estimate, alpha = 0.05 }: { prePeriods: number; estimate: number; alpha?: number },
): PlaceboInterval {
  const controls = outcomes.slice(0, controlCount);
  const size = outcomes.length - controlCount;
  const noise = noiseLevel(controls, prePeriods);
  const placebos = controls.map((_, first) => {
    const chosen = new Set(Array.from({ length: size }, (__, i) => (first + i) % controlCount));
    const side = (inside: boolean): Panel => controls.filter((__, i) => chosen.has(i) === inside);
    return fit({ controls: side(false), treated: side(true), prePeriods }, noise).estimate;
  });
  const df = controlCount - 1;
  const se = Math.sqrt((variance(placebos) * df) / controlCount);
  const { p, lower, upper } = tEstimate({ effect: estimate, se, df }, alpha);
  return { placeboSe: se, df, p, lower, upper };
}
