import { normalUpperQuantile } from '../numeric/normal.ts';
import { at, mean, rowAt, sum, variance } from '../numeric/sum.ts';

export interface LoggedBandit {
  readonly reward: readonly number[];
  readonly action: readonly number[];
  /** Probability with which the logged action was chosen, in (0, 1]. */
  readonly loggingPropensity: readonly number[];
  /** [rows × actions] of the policy to be judged. */
  readonly targetProbabilities: readonly (readonly number[])[];
  /** [rows × actions] of a reward model. */
  readonly predictedReward?: readonly (readonly number[])[];
}

export interface OffPolicy {
  readonly ips: number;
  readonly snips: number;
  readonly ipsSe: number;
  readonly effectiveSampleSize: number;
  readonly maxWeight: number;
  readonly meanWeight: number;
  readonly dr?: number;
  readonly dm?: number;
  readonly ipsLower: number;
  readonly ipsUpper: number;
  readonly snipsSe: number;
  readonly snipsLower: number;
  readonly snipsUpper: number;
  readonly drSe?: number;
  readonly drLower?: number;
  readonly drUpper?: number;
}

export const importanceWeights = (log: LoggedBandit): number[] =>
  log.action.map((action, i) => at(rowAt(log.targetProbabilities, i), action) / at(log.loggingPropensity, i));

/** Kish's effective number of rows: (Σw)²/Σw². */
export const effectiveRows = (weights: readonly number[]): number =>
  sum(weights) ** 2 / sum(weights.map((w) => w * w));

/** Normal limits of a mean of terms that are independent by row: IPS, DR, and SNIPS by the delta method (Owen 2013, 9.2). */
function limits(
  value: number,
  terms: readonly number[],
  alpha: number,
): { se: number; lower: number; upper: number } {
  const se = Math.sqrt(variance(terms) / terms.length);
  const half = se * normalUpperQuantile(alpha / 2);
  return { se, lower: value - half, upper: value + half };
}

/**
 * Inverse propensity (Horvitz & Thompson 1952), self-normalised (Swaminathan & Joachims 2015), doubly robust (Dudík, Langford &
 * Li 2011), each with its interval at 1 − alpha. No weight is clipped; some weight is greater than 0.
 */
export function offPolicy(log: LoggedBandit, alpha = 0.05): OffPolicy {
  const weights = importanceWeights(log);
  const weighted = weights.map((w, i) => w * at(log.reward, i));
  const meanWeight = mean(weights);
  const [ips, snips] = [mean(weighted), sum(weighted) / sum(weights)];
  const ipsLimits = limits(ips, weighted, alpha);
  const snipsLimits = limits(
    snips,
    weights.map((w, i) => (w * (at(log.reward, i) - snips)) / meanWeight),
    alpha,
  );
  return {
    ips,
    snips,
    ipsSe: ipsLimits.se,
    effectiveSampleSize: effectiveRows(weights),
    maxWeight: Math.max(...weights),
    meanWeight,
    ipsLower: ipsLimits.lower,
    ipsUpper: ipsLimits.upper,
    snipsSe: snipsLimits.se,
    snipsLower: snipsLimits.lower,
    snipsUpper: snipsLimits.upper,
    ...modelBased(log, weights, alpha),
  };
}

function modelBased(log: LoggedBandit, weights: readonly number[], alpha: number): Partial<OffPolicy> {
  const { predictedReward } = log;
  if (predictedReward === undefined) return {};
  const direct = predictedReward.map((row, i) =>
    sum(row.map((q, a) => q * at(rowAt(log.targetProbabilities, i), a))),
  );
  const correction = weights.map(
    (w, i) => w * (at(log.reward, i) - at(rowAt(predictedReward, i), at(log.action, i))),
  );
  const dm = mean(direct);
  const dr = dm + mean(correction);
  const { se, lower, upper } = limits(
    dr,
    direct.map((d, i) => d + at(correction, i)),
    alpha,
  );
  return { dr, dm, drSe: se, drLower: lower, drUpper: upper };
}
