import type { Arm } from '../arm.ts';
import { nonInferiority } from './non-inferiority.ts';

/** Two one-sided Welch tests (Schuirmann 1987); pLower tests effect > −margin, pUpper effect < margin. */
export function equivalence(
  control: Arm,
  treatment: Arm,
  { margin, alpha = 0.05 }: { margin: number; alpha?: number },
) {
  const above = nonInferiority(control, treatment, { margin, better: 'higher', alpha });
  const below = nonInferiority(control, treatment, { margin, better: 'lower', alpha });
  const p = Math.max(above.p, below.p);
  return { effect: above.effect, p, pLower: above.p, pUpper: below.p, equivalent: p < alpha };
}
