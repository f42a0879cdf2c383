import { normalUpperQuantile } from '../numeric/normal.ts';
import type { Alternative } from './mean-difference.ts';

/** Units per arm, not rounded, for two proportions that differ (Fleiss, Levin & Paik 2003, eq. 4.14, without correction). */
export function unitsForProportions(
  control: number,
  treatment: number,
  {
    alpha = 0.05,
    power,
    alternative = 'two-sided',
  }: { alpha?: number; power: number; alternative?: Alternative },
): { nControl: number } {
  const centre = (control + treatment) / 2;
  const critical = normalUpperQuantile(alternative === 'two-sided' ? alpha / 2 : alpha);
  const reach =
    critical * Math.sqrt(2 * centre * (1 - centre)) +
    normalUpperQuantile(1 - power) * Math.sqrt(control * (1 - control) + treatment * (1 - treatment));
  return { nControl: (reach / (treatment - control)) ** 2 };
}
