import { normalDensity, normalUpper, normalUpperQuantile } from '../numeric/normal.ts';
import { gaussNodes } from '../numeric/quadrature.ts';
import { findRoot } from '../numeric/root.ts';
import { at } from '../numeric/sum.ts';

export const SPENDING = ['obrien-fleming', 'pocock', 'hwang-shih-decani'] as const;
export type Spending = (typeof SPENDING)[number];

/** Alpha spent by one side at information t (Lan & DeMets 1983; Hwang, Shih & DeCani 1990). */
function spent(spending: Spending, a: number, t: number, gamma: number): number {
  if (spending === 'obrien-fleming') return 2 * normalUpper(normalUpperQuantile(a / 2) / Math.sqrt(t));
  if (spending === 'pocock') return a * Math.log1p((Math.E - 1) * t);
  return gamma === 0 ? a * t : (a * Math.expm1(-gamma * t)) / Math.expm1(-gamma);
}

/** Sub-density of the score S = Z·√t over the region where the trial went on. */
interface Density {
  readonly points: readonly number[];
  readonly mass: readonly number[];
}

const START: Density = { points: [0], mass: [1] };

const crossing = ({ points, mass }: Density, bound: number, sd: number): number =>
  points.reduce((total, s, i) => total + at(mass, i) * normalUpper((bound - s) / sd), 0);

function carry(before: Density, low: number, high: number, sd: number, next: number): Density {
  const panels = Math.max(8, Math.ceil((high - low) / Math.min(sd, next)));
  const nodes = gaussNodes(low, high, panels);
  const mass = nodes.map(
    ({ x, weight }) =>
      (weight / sd) *
      before.points.reduce((sum, s, i) => sum + at(before.mass, i) * normalDensity((x - s) / sd), 0),
  );
  return { points: nodes.map(({ x }) => x), mass };
}

/** Bounds by recursive integration (Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, ch. 19). */
export function groupSequential(
  information: readonly number[],
  {
    alpha = 0.05,
    sides = 2,
    spending,
    gamma = 0,
  }: { alpha?: number; sides?: number; spending: Spending; gamma?: number },
): { bounds: number[]; alphaSpent: number[] } {
  const alphaSide = alpha / sides;
  const used = information.map((t) => spent(spending, alphaSide, t, gamma));
  const bounds: number[] = [];
  let density = START;
  for (const [k, t] of information.entries()) {
    const previous = k === 0 ? 0 : at(information, k - 1);
    const sd = Math.sqrt(t - previous);
    const allowed = at(used, k) - (k === 0 ? 0 : at(used, k - 1));
    const limit = 40 * Math.sqrt(t);
    const score = findRoot((s) => crossing(density, s, sd) - allowed, -limit, limit);
    bounds.push(score / Math.sqrt(t));
    const next = Math.sqrt((information[k + 1] ?? t + 1) - t);
    density = carry(density, sides === 2 ? -score : -9 * Math.sqrt(t), score, sd, next);
  }
  return { bounds, alphaSpent: used.map((x) => sides * x) };
}
