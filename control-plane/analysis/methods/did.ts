import { at, sum, sumOf } from '../numeric/sum.ts';
import { twoWay, twoWayResiduals } from '../numeric/two-way.ts';
import { type Estimate, tEstimate } from './mean-difference.ts';

export interface PanelRows {
  readonly y: readonly number[];
  readonly unit: readonly number[];
  readonly time: readonly number[];
  /** 1 in the rows of a treated unit after its change. */
  readonly treated: readonly number[];
}

/** What is left of the treatment when both fixed effects are taken out; all zeros: the effect cannot be told from them. */
export function treatmentVariation({ unit, time, treated }: Omit<PanelRows, 'y'>): number[] {
  return twoWayResiduals(twoWay(unit, time), treated);
}

export const isAbsorbed = (residuals: readonly number[]): boolean =>
  Math.sqrt(sum(residuals.map((x) => x * x)) / residuals.length) < 1e-9;

/** Two-way fixed effects, CR1 by unit with K = units + times, t with units − 1 degrees of freedom. */
export function did(rows: PanelRows, alpha = 0.05): Omit<Estimate, 't'> {
  const design = twoWay(rows.unit, rows.time);
  const x = twoWayResiduals(design, rows.treated);
  const y = twoWayResiduals(design, rows.y);
  const xx = sum(x.map((v) => v * v));
  const effect = sumOf(x.length, (i) => at(x, i) * at(y, i)) / xx;
  const scores = new Array<number>(design.units).fill(0);
  for (const [i, xi] of x.entries()) {
    const u = at(design.unitOf, i);
    scores[u] = at(scores, u) + xi * (at(y, i) - effect * xi);
  }
  const [g, n, k] = [design.units, x.length, design.units + design.times];
  const factor = (g / (g - 1)) * ((n - 1) / (n - k));
  const se = Math.sqrt(factor * sum(scores.map((s) => s * s))) / xx;
  const { t: _, ...estimate } = tEstimate({ effect, se, df: g - 1 }, alpha);
  return estimate;
}
