const HALF_LOG_2PI = 0.9189385332046728;

/** log(1 + d) − d without cancellation near 0. NaN stays NaN: the series would never end. */
export function log1pMinus(d: number): number {
  if (!(d >= -0.5 && d <= 1)) return Math.log1p(d) - d;
  // log1p(d) = 2·atanh(r), r = d/(2+d), and 2r − d = −r·d.
  const r = d / (2 + d);
  const square = r * r;
  let power = square;
  let series = 0;
  for (let k = 3; ; k += 2) {
    const term = (2 * power) / k;
    series += term;
    if (term <= 1e-18 * series || term === 0) break;
    power *= square;
  }
  return r * (series - d);
}

/** ln(ratio) − d, where ratio = 1 + d: from d near 1, from the ratio where 1 + d would lose its digits. */
export function logRatioMinus(d: number, ratio: number): number {
  return d < -0.5 || d > 1 ? Math.log(ratio) - d : log1pMinus(d);
}

/** Stirling's series for ln Γ(x) − [(x−½)ln x − x + ½ln 2π], x ≥ 10 (A&S 6.1.41); the first term left out is below 1e-17. */
function stirlingSeries(x: number): number {
  const s = 1 / (x * x);
  return (
    (1 / 12 -
      s *
        (1 / 360 -
          s *
            (1 / 1260 -
              s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360 - s * (1 / 156 - s * (3617 / 122400)))))))) /
    x
  );
}

// (−1)^k(ζ(k) − 1)/k for k from 2: ln Γ(2 + d) = (1 − γ)d + Σ c_k·d^k (A&S 6.1.33, one factor taken out).
const NEAR_TWO = [
  0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986, 0.0028905103307415234,
  -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-5,
  -4.492623673813314e-5, 2.050721277567069e-5, -9.439488275268397e-6, 4.374866789907488e-6,
  -2.039215753801366e-6, 9.55141213040742e-7, -4.492469198764566e-7, 2.1207184805554665e-7,
  -1.0043224823968099e-7, 4.7698101693639804e-8, -2.2711094608943164e-8, 1.0838659214896955e-8,
  -5.183475041970047e-9, 2.4836745438024785e-9, -1.1921401405860912e-9,
];
const ONE_LESS_EULER = 0.42278433509846713;

/** ln Γ(2 + d), |d| ≤ 0.4, where it goes through 0 and large terms would cancel. */
function logGammaNearTwo(d: number): number {
  return d * (ONE_LESS_EULER + d * NEAR_TWO.reduceRight((value, c) => value * d + c, 0));
}

/** ln Γ(x), x > 0; relative error about 1e-14, at its zeros 1 and 2 too. */
export function logGamma(x: number): number {
  if (Math.abs(x - 2) <= 0.4) return logGammaNearTwo(x - 2);
  if (Math.abs(x - 1) <= 0.4) return logGammaNearTwo(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let shifted = x;
  while (shifted < 10) {
    product *= shifted;
    shifted += 1;
  }
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_2PI + stirlingSeries(shifted) - Math.log(product)
  );
}

/** ln Γ(x) − [(x−½)ln x − x + ½ln 2π]: what is left of ln Γ when the large terms cancel elsewhere. */
export function stirlingError(x: number): number {
  return x >= 10 ? stirlingSeries(x) : logGamma(x) - ((x - 0.5) * Math.log(x) - x + HALF_LOG_2PI);
}

/** ln B(a, b) without cancelling large ln Γ (Didonato & Morris, ACM TOMS 18 (1992), algorithm 708: bcorr). */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (small < 10) {
    if (large < 10) return logGamma(a) + logGamma(b) - logGamma(a + b);
    const ratio = small / large;
    return (
      logGamma(small) +
      stirlingSeries(large) -
      stirlingSeries(a + b) -
      (large + small - 0.5) * Math.log1p(ratio) -
      small * Math.log(large) +
      small
    );
  }
  return (
    HALF_LOG_2PI -
    0.5 * Math.log(large) +
    (small - 0.5) * Math.log(small / (small + large)) -
    large * Math.log1p(small / large) +
    stirlingSeries(a) +
    stirlingSeries(b) -
    stirlingSeries(a + b)
  );
}

/** x^a·e^(−x)/Γ(a) by Loader's saddle point ("Fast and accurate computation of binomial probabilities", 2000). */
function gammaPrefix(a: number, x: number): number {
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * logRatioMinus((x - a) / a, x / a) - stirlingError(a));
}

function gammaSeries(a: number, x: number): number {
  let term = 1 / a;
  let total = term;
  for (let k = 1; term > 1e-17 * total; k++) {
    term *= x / (a + k);
    total += term;
  }
  return gammaPrefix(a, x) * total;
}

/** Lentz's continued fraction for the upper tail, x ≥ a + 1 (Numerical Recipes, 3rd ed., 6.2). */
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 100_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return gammaPrefix(a, x) * h;
}

/** Q(a, x) = Γ(a, x)/Γ(a), as a tail. */
export function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1;
  return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x);
}

/** P(a, x), as a tail. */
export function gammaLower(a: number, x: number): number {
  if (x <= 0) return 0;
  return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x);
}

/** P(χ²(df) ≥ x). */
export const chiSquareUpper = (x: number, df: number): number => gammaUpper(df / 2, x / 2);
