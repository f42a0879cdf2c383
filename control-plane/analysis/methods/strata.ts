import { type Arm, differenceVariance } from '../arm.ts';
import { at, mean, sum, variance } from '../numeric/sum.ts';
import { type Estimate, tEstimate } from './mean-difference.ts';

export interface Stratum {
  readonly control: Arm;
  readonly treatment: Arm;
}

export interface Stratified extends Estimate {
  /** 1 − (se / se of Welch over all units)². */
  readonly varianceReduction: number;
}

/** One arm of all strata (Chan, Golub & LeVeque's merge of moments). */
function pooled(arms: readonly Arm[]): Arm {
  const n = sum(arms.map((a) => a.n));
  const centre = sum(arms.map((a) => a.n * a.mean)) / n;
  const squares = sum(arms.map((a) => (a.n - 1) * a.variance + a.n * (a.mean - centre) ** 2));
  return { n, mean: centre, variance: squares / (n - 1) };
}

/**
 * Post-stratified difference: strata (declared beforehand, known before exposure) weighted by their share of all units (Miratrix,
 * Sekhon & Yu, JRSS B 75 (2013)). Two units or more of each arm in each stratum, some of which vary; Satterthwaite degrees of freedom.
 */
export function stratifiedDifference(strata: readonly Stratum[], alpha = 0.05): Stratified {
  const sizes = strata.map(({ control, treatment }) => control.n + treatment.n);
  const total = sum(sizes);
  const effect = sum(
    strata.map(({ control, treatment }, i) => (at(sizes, i) / total) * (treatment.mean - control.mean)),
  );
  const parts = strata.flatMap(({ control, treatment }, i) =>
    [control, treatment].map((arm) => ({
      variance: ((at(sizes, i) / total) ** 2 * arm.variance) / arm.n,
      df: arm.n - 1,
    })),
  );
  const spread = sum(parts.map((part) => part.variance));
  const df = spread ** 2 / sum(parts.map((part) => part.variance ** 2 / part.df));
  const raw = differenceVariance(
    pooled(strata.map((s) => s.control)),
    pooled(strata.map((s) => s.treatment)),
  );
  return {
    ...tEstimate({ effect, se: Math.sqrt(spread), df }, alpha),
    varianceReduction: 1 - spread / raw,
  };
}

/** An arm whose values are cut at bounds that were declared beforehand: the same ones for every arm. */
export function winsorisedArm(values: readonly number[], [low, high]: readonly [number, number]): Arm {
  const cut = values.map((x) => Math.min(high, Math.max(low, x)));
  const centre = mean(cut);
  return { n: cut.length, mean: centre, variance: variance(cut, centre) };
}
