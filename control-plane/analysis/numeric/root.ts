/**
 * Root of a continuous f between two points of opposite sign, to the last bits: Chandrupatla's hybrid of bisection and
 * inverse quadratic interpolation (Advances in Engineering Software 28 (1997)).
 */
export function findRoot(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [high, low];
  let [fa, fb] = [f(a), f(b)];
  if (fa === 0) return a;
  if (fb === 0) return b;
  let [c, fc] = [a, fa];
  let t = 0.5;
  for (let i = 0; i < 300; i++) {
    const x = a + t * (b - a);
    const fx = f(x);
    if (Math.sign(fx) === Math.sign(fa)) {
      [c, fc] = [a, fa];
    } else {
      [c, fc] = [b, fb];
      [b, fb] = [a, fa];
    }
    [a, fa] = [x, fx];
    const [best, fBest] = Math.abs(fa) < Math.abs(fb) ? [a, fa] : [b, fb];
    const tolerance = 2 * Number.EPSILON * Math.abs(best);
    if (fBest === 0 || Math.abs(b - a) <= 2 * tolerance || Math.abs(b - a) < 5e-324) return best;
    t = nextStep({ a, b, c, fa, fb, fc, least: tolerance / Math.abs(b - a) });
  }
  return Math.abs(fa) < Math.abs(fb) ? a : b;
}

interface Step {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly fa: number;
  readonly fb: number;
  readonly fc: number;
  readonly least: number;
}

function nextStep({ a, b, c, fa, fb, fc, least }: Step): number {
  const xi = (a - b) / (c - b);
  const phi = (fa - fb) / (fc - fb);
  const interpolates = phi ** 2 < xi && (1 - phi) ** 2 < 1 - xi;
  const t = interpolates
    ? (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb))
    : 0.5;
  return Math.min(1 - least, Math.max(least, Number.isFinite(t) ? t : 0.5));
}

/** First power of two times `start` where f changes sign from its sign at `start`; null within 1100 doublings. */
export function expandUntil(start: number, holds: (x: number) => boolean): number {
  let x = start;
  for (let i = 0; i < 1100 && !holds(x); i++) x *= 2;
  return x;
}
