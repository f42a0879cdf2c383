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
}

export const importanceWeights = (log: LoggedBandit): number[] =>
  log.action.map((action, i) => at(rowAt(log.targetProbabilities, i), action) / at(log.loggingPropensity, i));

/**
 * Inverse propensity (Horvitz & Thompson 1952), self-normalised (Swaminathan & Joachims 2015), doubly robust (Dudík, Langford &
 * Li 2011). No weight is clipped; some weight is greater than 0.
 */
export function offPolicy(log: LoggedBandit): OffPolicy {
  const weights = importanceWeights(log);
  const weighted = weights.map((w, i) => w * at(log.reward, i));
  const total = sum(weights);
  return {
    ips: mean(weighted),
    snips: sum(weighted) / total,
    ipsSe: Math.sqrt(variance(weighted) / weighted.length),
    effectiveSampleSize: total ** 2 / sum(weights.map((w) => w * w)),
    maxWeight: Math.max(...weights),
    meanWeight: mean(weights),
    ...modelBased(log, weights),
  };
}

function modelBased(log: LoggedBandit, weights: readonly number[]): { dr?: number; dm?: number } {
  const { predictedReward } = log;
  if (predictedReward === undefined) return {};
  const direct = predictedReward.map((row, i) =>
    sum(row.map((q, a) => q * at(rowAt(log.targetProbabilities, i), a))),
  );
  const correction = weights.map(
    (w, i) => w * (at(log.reward, i) - at(rowAt(predictedReward, i), at(log.action, i))),
  );
  const dm = mean(direct);
  return { dr: dm + mean(correction), dm };
}
