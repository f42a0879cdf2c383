import { at } from './sum.ts';

export interface Minimum {
  readonly x: readonly number[];
  readonly value: number;
}

const blend = (a: readonly number[], b: readonly number[], t: number): number[] =>
  a.map((x, i) => x + t * (at(b, i) - x));

/** Nelder & Mead's simplex (1965) with the dimension-adapted coefficients of Gao & Han (2012); for functions without slopes. */
export function nelderMead(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  { step, evaluations }: { step: number; evaluations: number },
): Minimum {
  const n = start.length;
  let used = 0;
  const point = (x: readonly number[]): Minimum => {
    used += 1;
    return { x, value: f(x) };
  };
  const simplex = [
    point(start),
    ...start.map((_, i) => point(start.map((x, j) => (i === j ? x + step : x)))),
  ];
  const [expand, contract, shrink] = [1 + 2 / n, 0.75 - 1 / (2 * n), 1 - 1 / n];
  const ascending = (): void => void simplex.sort((a, b) => a.value - b.value);
  ascending();
  while (used < evaluations) {
    const [best, worst] = [simplex[0] as Minimum, simplex[n] as Minimum];
    if (worst.value - best.value <= 1e-12 * Math.abs(best.value)) break;
    const centre = start.map((_, i) => simplex.slice(0, n).reduce((total, p) => total + at(p.x, i), 0) / n);
    const next = improve({ point, centre, best, worst, second: simplex[n - 1] as Minimum, expand, contract });
    if (next) simplex[n] = next;
    else for (let i = 1; i <= n; i++) simplex[i] = point(blend(best.x, (simplex[i] as Minimum).x, shrink));
    ascending();
  }
  return simplex[0] as Minimum;
}

interface Move {
  readonly point: (x: readonly number[]) => Minimum;
  readonly centre: readonly number[];
  readonly best: Minimum;
  readonly second: Minimum;
  readonly worst: Minimum;
  readonly expand: number;
  readonly contract: number;
}

/** Reflection, expansion or contraction of the worst point; null when the simplex has to shrink. */
function improve({ point, centre, best, second, worst, expand, contract }: Move): Minimum | null {
  const away = (t: number): Minimum => point(blend(centre, worst.x, -t));
  const reflected = away(1);
  if (reflected.value < best.value) {
    const further = away(expand);
    return further.value < reflected.value ? further : reflected;
  }
  if (reflected.value < second.value) return reflected;
  const inner = reflected.value < worst.value ? away(contract) : away(-contract);
  return inner.value < Math.min(reflected.value, worst.value) ? inner : null;
}
