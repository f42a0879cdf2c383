/** Standard normal density. */
export const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/**
 * Standard normal distribution function, absolute error below 1e-12: Taylor series (Marsaglia, "Evaluating the
 * normal distribution", JSS 2004) up to 7, beyond that 0 or 1.
 */
export function cumulative(x: number): number {
  if (x < -7) return 0;
  if (x > 7) return 1;
  let sum = x;
  let term = x;
  for (let i = 3; Math.abs(term) > 1e-17; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + sum * density(x);
}
