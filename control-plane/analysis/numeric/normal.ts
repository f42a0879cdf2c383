const SQRT_2PI = 2.5066282746310002;
const LOG_SQRT_2PI = 0.9189385332046728;

/** exp(−x²/2) with x² split so that its rounding is not blown up far out (Cody 1969, as in R's pnorm). */
function gaussian(x: number): number {
  const head = Math.trunc(x * 16) / 16;
  const rest = (x - head) * (x + head);
  return Math.exp(-0.5 * head * head) * Math.exp(-0.5 * rest);
}

export const normalDensity = (x: number): number => gaussian(x) / SQRT_2PI;

/** (1 − Φ(x)) / φ(x) for x ≥ 1.5: Laplace's continued fraction, evaluated backwards (Abramowitz & Stegun 26.2.14). */
function mills(x: number): number {
  // The truncation error falls like exp(−2x√(2n)); n keeps it below 1e-17.
  const terms = Math.ceil(0.5 * (20 / x) ** 2) + 10;
  let tail = x;
  for (let k = terms; k >= 1; k--) tail = x + k / tail;
  return 1 / tail;
}

/** Φ(x) − ½ for |x| < 1.5: φ(x)·Σ x^(2k+1)/(2k+1)!!, all terms of one sign (A&S 26.2.11). */
function centralMass(x: number): number {
  let term = x;
  let total = x;
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(total); k += 2) {
    term *= (x * x) / k;
    total += term;
  }
  return normalDensity(x) * total;
}

/** 1 − Φ(x), as a tail: relative error below 1e-14 down to the smallest double. */
export function normalUpper(x: number): number {
  if (x >= 1.5) return normalDensity(x) * mills(x);
  if (x <= -1.5) return 1 - normalUpper(-x);
  return 0.5 - centralMass(x);
}

export const normalLower = (x: number): number => normalUpper(-x);

/** ln(1 − Φ(x)); finite where the tail itself underflows. */
export function logNormalUpper(x: number): number {
  return x >= 1.5 ? -0.5 * x * x - LOG_SQRT_2PI + Math.log(mills(x)) : Math.log(normalUpper(x));
}

/** P(|Z| ≥ |x|). */
export const normalTwoSided = (x: number): number => 2 * normalUpper(Math.abs(x));

const poly = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((value, c) => value * x + c, 0);

// Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16.
const CENTRE_TOP = [
  2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
  1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.387132872796366608,
];
const CENTRE_BOTTOM = [
  5.226495278852854561e3, 2.8729085735721942674e4, 3.930789580009271061e4, 2.1213794301586595867e4,
  5.3941960214247511077e3, 6.871870074920579083e2, 4.2313330701600911252e1, 1,
];
const MIDDLE_TOP = [
  7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1, 1.27045825245236838258,
  3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
];
const MIDDLE_BOTTOM = [
  1.05075007164441684324e-9, 5.475938084995344946e-4, 1.51986665636164571966e-2, 1.4810397642748007459e-1,
  6.8976733498510000455e-1, 1.6763848301838038494, 2.05319162663775882187, 1,
];
const FAR_TOP = [
  2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3, 2.6532189526576123093e-2,
  2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
];
const FAR_BOTTOM = [
  2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
  1.4875361290850615025e-2, 1.3692988092273580531e-1, 5.9983220655588793769e-1, 1,
];

/** x with 1 − Φ(x) = p, 0 < p < 1; p is the tail, so that p = 1e-300 keeps its digits. */
export function normalUpperQuantile(p: number): number {
  const q = 0.5 - p;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * poly(CENTRE_TOP, r)) / poly(CENTRE_BOTTOM, r);
  }
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const x =
    r <= 5
      ? poly(MIDDLE_TOP, r - 1.6) / poly(MIDDLE_BOTTOM, r - 1.6)
      : poly(FAR_TOP, r - 5) / poly(FAR_BOTTOM, r - 5);
  return q > 0 ? x : -x;
}
