import type { Arm } from '../arm.ts';
import { differenceVariance } from '../arm.ts';
import { betaPrefix, betaQuantile, betaTails } from '../numeric/beta.ts';
import { normalDensity, normalLower, normalUpper, normalUpperQuantile } from '../numeric/normal.ts';
import { integrate } from '../numeric/quadrature.ts';
import { at, sum } from '../numeric/sum.ts';
import type { Proportion } from './proportion-interval.ts';

/** A posterior on the line, and points between which it is smooth. */
interface Posterior {
  readonly density: (x: number) => number;
  readonly below: (x: number) => number;
  readonly knots: readonly number[];
}

const STEPS = Array.from({ length: 25 }, (_, i) => i - 12);

/** ∫ f over all pieces between the posteriors' knots. */
function overKnots(posteriors: readonly Posterior[], f: (x: number) => number): number {
  const knots = [...new Set(posteriors.flatMap((p) => p.knots))].sort((a, b) => a - b);
  return sum(knots.slice(1).map((high, i) => integrate(f, at(knots, i), high, 1)));
}

const productBelow = (posteriors: readonly Posterior[], x: number, but = -1): number =>
  posteriors.reduce((product, p, j) => (j === but ? product : product * p.below(x)), 1);

const probabilityBest = (posteriors: readonly Posterior[]): number[] =>
  posteriors.map((p, i) => overKnots(posteriors, (x) => p.density(x) * productBelow(posteriors, x, i)));

/** E[max θ − θᵢ] = ∫ (Fᵢ − ∏F). */
const expectedLoss = (posteriors: readonly Posterior[]): number[] =>
  posteriors.map((p) => overKnots(posteriors, (x) => p.below(x) - productBelow(posteriors, x)));

function betaPosterior(a: number, b: number): Posterior {
  const centre = a / (a + b);
  const sd = Math.sqrt((centre * (1 - centre)) / (a + b + 1));
  const ends = Array.from({ length: 12 }, (_, i) => 10 ** -(i + 1));
  const knots = [0, 1, ...ends, ...ends.map((x) => 1 - x), ...STEPS.map((k) => centre + k * sd)];
  return {
    density: (x) => betaPrefix(a, b, x, 1 - x) / (x * (1 - x)),
    below: (x) => betaTails(a, b, x).lower,
    knots: knots.filter((x) => x >= 0 && x <= 1),
  };
}

/** Beta posteriors of success rates: means, equal-tailed intervals, who is best and what choosing each loses, by quadrature. */
export function betaBinomial(
  arms: readonly Proportion[],
  { prior: [a, b], credibility = 0.95 }: { prior: readonly [number, number]; credibility?: number },
) {
  const shapes = arms.map(({ successes, n }) => [a + successes, b + n - successes] as const);
  const posteriors = shapes.map(([s, f]) => betaPosterior(s, f));
  const tail = (1 - credibility) / 2;
  return {
    mean: shapes.map(([s, f]) => s / (s + f)),
    lower: shapes.map(([s, f]) => betaQuantile(tail, s, f)),
    upper: shapes.map(([s, f]) => 1 - betaQuantile(tail, f, s)),
    probabilityBest: probabilityBest(posteriors),
    expectedLoss: expectedLoss(posteriors),
  };
}

/** Thompson sampling's probabilities under normal posteriors, with a floor under every arm's allocation. */
export function thompsonProbabilities(
  posteriors: readonly { readonly mean: number; readonly sd: number }[],
  floor = 0,
) {
  const laws = posteriors.map(({ mean, sd }) => ({
    density: (x: number) => normalDensity((x - mean) / sd) / sd,
    below: (x: number) => normalLower((x - mean) / sd),
    knots: STEPS.map((k) => mean + k * sd),
  }));
  const best = probabilityBest(laws);
  return { probabilityBest: best, allocation: best.map((p) => floor + (1 - laws.length * floor) * p) };
}

/** Normal posterior of treatment − control; prior null is flat. Losses are expected regrets of choosing an arm. */
export function normalPosterior(
  control: Arm,
  treatment: Arm,
  {
    prior,
    credibility = 0.95,
  }: { prior: { readonly mean: number; readonly variance: number } | null; credibility?: number },
) {
  const precision = 1 / differenceVariance(control, treatment);
  const priorPrecision = prior === null ? 0 : 1 / prior.variance;
  const total = precision + priorPrecision;
  const mean = ((treatment.mean - control.mean) * precision + (prior?.mean ?? 0) * priorPrecision) / total;
  const sd = Math.sqrt(1 / total);
  const half = normalUpperQuantile((1 - credibility) / 2) * sd;
  const gain = (m: number): number => m * normalUpper(-m / sd) + sd * normalDensity(m / sd);
  return {
    mean,
    sd,
    lower: mean - half,
    upper: mean + half,
    probabilityBetter: normalUpper(-mean / sd),
    lossControl: gain(mean),
    lossTreatment: gain(-mean),
  };
}
