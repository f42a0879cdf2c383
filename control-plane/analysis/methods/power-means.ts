import { noncentralTUpper } from '../numeric/noncentral-t.ts';
import { normalUpper, normalUpperQuantile } from '../numeric/normal.ts';
import { expandUntil, findRoot } from '../numeric/root.ts';
import { tUpperQuantile } from '../numeric/student.ts';
import type { Alternative } from './mean-difference.ts';

export interface Design {
  readonly sd: number;
  readonly alpha: number;
  /** Units in treatment per unit in control. */
  readonly ratio: number;
  readonly alternative: Alternative;
  readonly distribution: 't' | 'normal';
}

/** Power at `nControl` units (not rounded) for an effect in the metric's unit. */
export function powerOfMeans(design: Design, nControl: number, effect: number): number {
  const { sd, alpha, ratio, alternative, distribution } = design;
  const shift =
    (alternative === 'less' ? -1 : 1) * (effect / sd) * Math.sqrt((nControl * ratio) / (1 + ratio));
  const tail = alternative === 'two-sided' ? alpha / 2 : alpha;
  const df = nControl * (1 + ratio) - 2;
  const critical = distribution === 't' ? tUpperQuantile(tail, df) : normalUpperQuantile(tail);
  const beyond = (d: number): number =>
    distribution === 't' ? noncentralTUpper(critical, df, d) : normalUpper(critical - d);
  return alternative === 'two-sided' ? beyond(shift) + beyond(-shift) : beyond(shift);
}

/** Fewest units that leave a degree of freedom for the variance. */
const fewest = ({ ratio, distribution }: Design): number => (distribution === 't' ? 3 / (1 + ratio) : 1e-12);

export function unitsForMeans(design: Design, effect: number, power: number): number {
  const lacking = (n: number): number => powerOfMeans(design, n, effect) - power;
  const low = fewest(design);
  if (lacking(low) >= 0) return low;
  return findRoot(
    lacking,
    low,
    expandUntil(2 * low, (n) => lacking(n) > 0),
  );
}

/** The positive effect that this many units detect with this power (for "less": its size). */
export function effectForMeans(design: Design, nControl: number, power: number): number {
  const sign = design.alternative === 'less' ? -1 : 1;
  const lacking = (effect: number): number => powerOfMeans(design, nControl, sign * effect) - power;
  const step = design.sd / Math.sqrt(nControl);
  return findRoot(
    lacking,
    0,
    expandUntil(step, (effect) => lacking(effect) > 0),
  );
}
