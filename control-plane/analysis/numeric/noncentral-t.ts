import { logRatioMinus, stirlingError } from './gamma.ts';
import { normalUpper } from './normal.ts';
import { integrate } from './quadrature.ts';

/**
 * P(T > t) of a noncentral t with shift d: the mean of Φ(d − t·s) over s = √(χ²/df), by quadrature. The integrand is
 * positive, so that small powers keep their digits; the density of s, in saddle point form (Loader 2000) so that its large
 * logarithms never cancel, is negligible 12 deviations away.
 */
export function noncentralTUpper(t: number, df: number, shift: number): number {
  const spread = 12 / Math.sqrt(2 * df);
  const a = df / 2;
  const scale = 2 * Math.sqrt(a / (2 * Math.PI)) * Math.exp(-stirlingError(a));
  const density = (s: number): number => (scale * Math.exp(a * logRatioMinus((s - 1) * (s + 1), s * s))) / s;
  return integrate((s) => density(s) * normalUpper(t * s - shift), Math.max(0, 1 - spread), 1 + spread, 64);
}
