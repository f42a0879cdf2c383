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
  const terms = Math.ceil(0.5 * (27 / x) ** 2) + 10;
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
  if (x >= 1.5) return -0.5 * x * x - LOG_SQRT_2PI + Math.log(mills(x));
  return x <= -1.5 ? Math.log1p(-normalUpper(-x)) : Math.log(normalUpper(x));
}

/** P(|Z| ≥ |x|). */
export const normalTwoSided = (x: number): number => 2 * normalUpper(Math.abs(x));

const poly = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((value, c) => value * x + c, 0);

// Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16.
const CENTRE_TOP = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665,
];
const CENTRE_BOTTOM = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
  687.1870074920579, 42.31333070160091, 1,
];
const MIDDLE_TOP = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const MIDDLE_BOTTOM = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const FAR_TOP = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
  0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const FAR_BOTTOM = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
  0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
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
