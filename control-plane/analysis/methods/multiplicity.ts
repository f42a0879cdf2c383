import { at } from '../numeric/sum.ts';

export const PROCEDURES = [
  'holm',
  'hochberg',
  'bonferroni',
  'benjamini-hochberg',
  'benjamini-yekutieli',
] as const;
export type Procedure = (typeof PROCEDURES)[number];

/** Factor of the i-th smallest of m p-values (i from 0), and whether adjusted values grow with the rank or shrink from the top. */
const FACTORS: Record<Procedure, { factor: (i: number, m: number) => number; step: 'down' | 'up' }> = {
  bonferroni: { factor: (_, m) => m, step: 'down' },
  holm: { factor: (i, m) => m - i, step: 'down' },
  hochberg: { factor: (i, m) => m - i, step: 'up' },
  'benjamini-hochberg': { factor: (i, m) => m / (i + 1), step: 'up' },
  'benjamini-yekutieli': { factor: (i, m) => (harmonic(m) * m) / (i + 1), step: 'up' },
};

function harmonic(m: number): number {
  let total = 0;
  for (let i = m; i >= 1; i--) total += 1 / i;
  return total;
}

/** Adjusted p-values in the order given; rejected = adjusted ≤ alpha. */
export function multiplicity(
  p: readonly number[],
  { procedure, alpha = 0.05 }: { procedure: Procedure; alpha?: number },
): { adjusted: number[]; rejected: boolean[] } {
  const { factor, step } = FACTORS[procedure];
  const m = p.length;
  const order = p.map((_, i) => i).sort((a, b) => at(p, a) - at(p, b) || a - b);
  const adjusted = new Array<number>(m).fill(0);
  let running = step === 'down' ? 0 : 1;
  for (let k = 0; k < m; k++) {
    const rank = step === 'down' ? k : m - 1 - k;
    const index = at(order, rank);
    const value = Math.min(1, at(p, index) * factor(rank, m));
    running = step === 'down' ? Math.max(running, value) : Math.min(running, value);
    adjusted[index] = running;
  }
  return { adjusted, rejected: adjusted.map((value) => value <= alpha) };
}
