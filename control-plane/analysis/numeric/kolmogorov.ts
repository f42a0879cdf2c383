import { logGamma } from './gamma.ts';
import { at, rowAt } from './sum.ts';

/** P(D⁺ ≥ x) of n values, exactly (Smirnov 1944; Birnbaum & Tingey 1951): a sum of positive terms. */
export function smirnovUpper(n: number, x: number): number {
  const last = Math.floor(n * (1 - x) + 1e-12);
  let total = 0;
  for (let j = 0; j <= last; j++) {
    const rest = 1 - x - j / n;
    const logChoose = logGamma(n + 1) - logGamma(j + 1) - logGamma(n - j + 1);
    const power = j === n ? 0 : rest <= 0 ? -Infinity : (n - j) * Math.log(rest);
    total += Math.exp(logChoose + (j - 1) * Math.log(x + j / n) + power);
  }
  return Math.min(1, x * total);
}

type Square = readonly (readonly number[])[];

const product = (a: Square, b: Square): number[][] =>
  a.map((row) => row.map((_, j) => row.reduce((total, x, k) => total + x * at(rowAt(b, k), j), 0)));

/** P(D < x) of n values (Marsaglia, Tsang & Wang, Journal of Statistical Software 8 (2003)): Durbin's matrix to the n-th power. */
function durbinLower(n: number, x: number): number {
  const k = Math.floor(n * x) + 1;
  const h = k - n * x;
  const size = 2 * k - 1;
  const factor = [1];
  for (let i = 1; i <= size; i++) factor.push(at(factor, i - 1) / i);
  const base = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (__, j) => {
      if (i - j + 1 < 0) return 0;
      let value = 1;
      if (j === 0) value -= h ** (i + 1);
      if (i === size - 1) value -= h ** (size - j);
      if (j === 0 && i === size - 1 && 2 * h > 1) value += (2 * h - 1) ** size;
      return value * at(factor, i - j + 1);
    }),
  );
  const { matrix, exponent } = power(base, n, k);
  // n!/n^n a factor at a time: in logarithms it would lose the digits that 1 − P needs.
  let value = at(rowAt(matrix, k - 1), k - 1);
  let scale = exponent;
  for (let i = 1; i <= n; i++) {
    value *= i / n;
    if (value > 1e-140) continue;
    value *= 1e140;
    scale -= 140;
  }
  return value * 10 ** scale;
}

/** base^n as matrix · 10^exponent. */
function power(base: Square, n: number, k: number): { matrix: Square; exponent: number } {
  if (n === 1) return { matrix: base, exponent: 0 };
  const half = power(base, Math.floor(n / 2), k);
  let matrix = product(half.matrix, half.matrix);
  let exponent = 2 * half.exponent;
  if (n % 2 === 1) matrix = product(base, matrix);
  if (at(rowAt(matrix, k - 1), k - 1) > 1e140) {
    matrix = matrix.map((row) => row.map((value) => value * 1e-140));
    exponent += 140;
  }
  return { matrix, exponent };
}

const PI2 = Math.PI ** 2;

/** P(D < x) by Pelz & Good (JRSS B 38 (1976)), the expansion that Simard & L'Ecuyer (2011) and scipy use for large n. */
function pelzGoodLower(n: number, x: number): number {
  const z = Math.sqrt(n) * x;
  const z2 = z * z;
  const terms = Math.ceil((16 * z) / Math.PI);
  const k = [0, 0, 0, 0];
  for (let i = terms; i >= 1; i--) {
    const m2 = (2 * i - 1) ** 2;
    const weight = Math.exp((-PI2 / 8 / z2) * m2);
    for (const [order, coefficient] of pelzGoodTerm(z2, m2).entries())
      k[order] = at(k, order) + coefficient * weight;
  }
  for (let i = terms; i >= 1; i--) {
    const weight = Math.exp((-PI2 / 2 / z2) * i * i) * i * i;
    k[2] = at(k, 2) - weight * PI2 * 2 * z ** 4;
    k[3] = at(k, 3) + weight * (3 * z2 - PI2 * i * i) * PI2 * 30 * z ** 4;
  }
  const scale = Math.sqrt(2 * Math.PI);
  const parts = [
    at(k, 0) / z,
    at(k, 1) / (6 * z ** 4),
    at(k, 2) / (72 * z ** 7),
    at(k, 3) / (6480 * z ** 10),
  ];
  return parts.reduce((total, part, order) => total + (scale * part) / n ** (order / 2), 0);
}

/** Coefficients of q^(m²) in K0 … K3, m odd. */
function pelzGoodTerm(z2: number, m2: number): number[] {
  const [z4, z6, z8, m4] = [z2 ** 2, z2 ** 3, z2 ** 4, m2 ** 2];
  return [
    1,
    -z2 + (PI2 / 4) * m2,
    6 * z6 + 2 * z4 + ((2 * z4 - 5 * z2) * PI2 * m2) / 4 + (PI2 ** 2 * (1 - 2 * z2) * m4) / 16,
    -30 * z6 -
      90 * z8 +
      (PI2 * (135 * z4 - 96 * z6) * m2) / 4 +
      (PI2 ** 2 * (-60 * z2 + 212 * z4) * m4) / 16 +
      (PI2 ** 3 * (5 - 30 * z2) * m2 * m4) / 64,
  ];
}

/** P(D ≥ x) of Kolmogorov's statistic of n values, by the regions of Simard & L'Ecuyer (JSS 39 (2011)) as scipy cuts them. */
export function kolmogorovUpper(n: number, x: number): number {
  const t = n * x;
  if (x >= 1) return 0;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - Math.exp(logGamma(n + 1) - n * Math.log(n) + n * Math.log(2 * t - 1));
  if (t >= n - 1) return 2 * (1 - x) ** n;
  if (x >= 0.5 || t * x >= (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * smirnovUpper(n, x));
  return 1 - (n <= 140 || n * x ** 1.5 <= 1.4 ? durbinLower(n, x) : pelzGoodLower(n, x));
}
