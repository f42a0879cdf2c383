import { findRoot } from '../numeric/root.ts';
import { at } from '../numeric/sum.ts';

/**
 * Predictable bets λ_t on the mean of `values`, each made of what came before it, for one limit at error rate `rate`
 * (Waudby-Smith & Ramdas, JRSS B 86 (2024), eq. 15 and 26).
 */
export function predictableBets(values: readonly number[], rate: number): number[] {
  const budget = 2 * Math.log(1 / rate);
  let [total, squares, variance] = [0.5, 0.25, 0.25];
  return values.map((x, i) => {
    const t = i + 1;
    const bet = Math.sqrt(budget / (t * Math.log1p(t) * variance));
    total += x;
    squares += (x - total / (t + 1)) ** 2;
    variance = squares / (t + 1);
    return bet;
  });
}

/** Lower limit of the predictable plug-in empirical-Bernstein sequence after each value. */
function bernsteinLower(values: readonly number[], alpha: number): number[] {
  let [weight, weighted, spread, total] = [0, 0, Math.log(2 / alpha), 0];
  const all = predictableBets(values, alpha / 2);
  return values.map((x, i) => {
    const bet = Math.min(0.5, at(all, i));
    const previous = i === 0 ? 0 : total / i;
    spread += (x - previous) ** 2 * (-Math.log1p(-bet) - bet);
    weight += bet;
    weighted += bet * x;
    total += x;
    return (weighted - spread) / weight;
  });
}

/** ln of the capital against "mean ≤ m" after each value of [0, 1]; the lower limit passes m when it reaches ln(1/alpha). */
export function bettingLogCapital(values: readonly number[], m: number, alpha: number): number[] {
  const all = predictableBets(values, alpha / 2);
  let log = -Math.LN2;
  return values.map((x, i) => {
    log += Math.log1p(Math.min(at(all, i), 1 / (2 * m)) * (x - m));
    return log;
  });
}

/** Least m that the capital ½∏(1 + min(λ, 1/(2m))(x − m)) does not reject; it falls with m. */
function bettingLower(values: readonly number[], all: readonly number[], alpha: number, n: number): number {
  const capital = (m: number): number => {
    let log = Math.log(alpha / 2);
    for (let i = 0; i < n; i++) log += Math.log1p(Math.min(at(all, i), 1 / (2 * m)) * (at(values, i) - m));
    return log;
  };
  if (capital(1e-300) < 0) return 0;
  return capital(1) > 0 ? 1 : findRoot(capital, 1e-300, 1);
}

function lowerLimits(
  values: readonly number[],
  kind: BoundedKind,
  alpha: number,
  after: readonly number[],
): number[] {
  if (kind === 'empirical-bernstein') {
    const limits = bernsteinLower(values, alpha);
    return after.map((t) => Math.max(0, at(limits, t - 1)));
  }
  const all = predictableBets(values, alpha / 2);
  return after.map((t) => bettingLower(values, all, alpha, t));
}

export const BOUNDED_KINDS = ['empirical-bernstein', 'betting'] as const;
export type BoundedKind = (typeof BOUNDED_KINDS)[number];

/** Confidence sequence of a mean of values in [low, high], after after[j] of them; each side runs on its own. */
export function boundedMeanCs(
  values: readonly number[],
  {
    range: [low, high],
    kind,
    alpha = 0.05,
    at: after,
  }: { range: readonly [number, number]; kind: BoundedKind; alpha?: number; at: readonly number[] },
): { lower: number[]; upper: number[] } {
  const width = high - low;
  const unit = values.map((x) => (x - low) / width);
  const lower = lowerLimits(unit, kind, alpha, after);
  const upper = lowerLimits(
    unit.map((x) => 1 - x),
    kind,
    alpha,
    after,
  );
  return { lower: lower.map((x) => low + width * x), upper: upper.map((x) => high - width * x) };
}
