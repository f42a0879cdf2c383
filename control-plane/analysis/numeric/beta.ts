import { logRatioMinus, stirlingError } from './gamma.ts';
import { findRoot } from './root.ts';

/** x^a·y^b/B(a, b), y = 1 − x given on its own so that neither end loses digits (Loader 2000, as in gamma.ts). */
export function betaPrefix(a: number, b: number, x: number, y: number): number {
  if (x <= 0 || y <= 0) return 0;
  const lean = x * b - y * a;
  const exponent =
    a * logRatioMinus(lean / a, (x / a) * (a + b)) +
    b * logRatioMinus(-lean / b, (y / b) * (a + b)) +
    stirlingError(a + b) -
    stirlingError(a) -
    stirlingError(b);
  return Math.sqrt(((a / (a + b)) * b) / (2 * Math.PI)) * Math.exp(exponent);
}

/** Continued fraction of I_x(a, b)/prefix for x below the mean (Didonato & Morris 1992, eq. 5; modified Lentz). */
function betaFraction(a: number, b: number, x: number, y: number): number {
  const lambda = a * y - b * x;
  let f = (a * (lambda + 1)) / (a + 1);
  let c = f;
  let d = 0;
  for (let m = 1; m < 1_000_000; m++) {
    const odd = a + 2 * m - 1;
    const alpha = (((a + m - 1) * (a + b + m - 1)) / odd) * ((m * (b - m)) / odd) * x * x;
    const beta = m + (m * (b - m) * x) / odd + ((a + m) / (a + 2 * m + 1)) * (lambda + 1 + m * (1 + y));
    d = 1 / (beta + alpha * d);
    c = beta + alpha / c;
    const step = c * d;
    f *= step;
    if (Math.abs(step - 1) < 2e-16) break;
  }
  return f;
}

function lowerBelowMean(a: number, b: number, x: number, y: number): number {
  return betaPrefix(a, b, x, y) / betaFraction(a, b, x, y);
}

/** I_x(a, b) and its complement, each computed as a tail where it is the smaller one. */
export function betaTails(a: number, b: number, x: number, y = 1 - x): { lower: number; upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (y <= 0) return { lower: 1, upper: 0 };
  if (x * b <= y * a) {
    const lower = lowerBelowMean(a, b, x, y);
    return { lower, upper: 1 - lower };
  }
  const upper = lowerBelowMean(b, a, y, x);
  return { lower: 1 - upper, upper };
}

/** x with I_x(a, b) = p: the smaller tail is matched, in logarithms, along ln x or ln(1 − x), whichever end is nearer. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  const excess = (x: number, y: number): number => {
    const { lower, upper } = betaTails(a, b, x, y);
    return p <= 0.5 ? Math.log(lower) - Math.log(p) : Math.log1p(-p) - Math.log(upper);
  };
  if (excess(0.5, 0.5) >= 0)
    return Math.exp(findRoot((s) => excess(Math.exp(s), -Math.expm1(s)), -740, Math.log(0.5)));
  return -Math.expm1(findRoot((s) => excess(-Math.expm1(s), Math.exp(s)), -740, Math.log(0.5)));
}
