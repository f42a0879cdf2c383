import { effectiveRows, importanceWeights, type LoggedBandit, offPolicy } from '../methods/off-policy.ts';
import { offPolicyCs } from '../methods/off-policy-cs.ts';
import { level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { count, number, probability } from './number-shapes.ts';
import { pair } from './pair-shape.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, outOfRange, rectangular, sameLength, sumsToOne } from './rules.ts';
import { reachable } from './sequential-more.ts';
import { list, optional } from './shape.ts';

type Request = Omit<LoggedBandit, 'predictedReward'> & { readonly predictedReward: number[][] | undefined };

function offPolicyRules(r: Request): Refusal | null {
  const { reward, action, loggingPropensity, targetProbabilities, predictedReward } = r;
  const actions = targetProbabilities[0]?.length ?? 0;
  return firstOf(
    () => sameLength(reward, { action, loggingPropensity, targetProbabilities, predictedReward }),
    () => rectangular('targetProbabilities', targetProbabilities),
    () => (predictedReward ? rectangular('predictedReward', predictedReward, actions) : null),
    () => {
      const i = action.findIndex((a) => a >= actions);
      return i < 0
        ? null
        : outOfRange(`action[${i}]`, action[i], `there are ${actions} actions`, `Give 0 to ${actions - 1}`);
    },
    () => firstOf(...targetProbabilities.map((row, i) => () => sumsToOne(`targetProbabilities[${i}]`, row))),
    () =>
      importanceWeights(r as LoggedBandit).every((w) => w === 0)
        ? refuse(
            'no-overlap',
            'targetProbabilities',
            null,
            'the target never plays a logged action',
            'Judge a policy that overlaps the log',
          )
        : null,
  );
}

interface Overlap {
  readonly minEffectiveSampleSize: number;
}

/** Few effective rows are no overlap to speak of; how few is the asker's to say. */
function tooLittleOverlap(r: Request & Overlap): Refusal | null {
  const found = effectiveRows(importanceWeights(r as LoggedBandit));
  if (found >= r.minEffectiveSampleSize) return null;
  const rule = `${found.toFixed(1)} effective rows, ${r.minEffectiveSampleSize} asked for`;
  return refuse(
    'no-overlap',
    'targetProbabilities',
    found,
    rule,
    'Judge a policy nearer to the log, or log more',
  );
}

interface SequenceRequest extends Request, Overlap {
  readonly range: readonly [number, number];
  readonly at: number[];
}

function sequenceRules(r: SequenceRequest): Refusal | null {
  const [low, high] = r.range;
  return firstOf(
    () => offPolicyRules({ ...r, predictedReward: undefined }),
    () => tooLittleOverlap(r),
    () =>
      low < high
        ? null
        : outOfRange('range[1]', high, `it is not above ${low}`, 'Give a range [low, high] with low < high'),
    () => {
      const i = r.reward.findIndex((x) => x < low || x > high);
      return i < 0
        ? null
        : outOfRange(
            `reward[${i}]`,
            r.reward[i],
            `it is outside ${low} to ${high}`,
            'Give the reward’s own range',
          );
    },
    () => reachable(r.at, r.reward.length),
  );
}

const log = {
  reward: list(number(), { atLeast: 2 }),
  action: list(count()),
  loggingPropensity: list(number({ above: 0, max: 1 })),
  targetProbabilities: list(list(probability())),
};
const overlap = { minEffectiveSampleSize: optional(number({ min: 0 }), 0) };

export const BANDITS: readonly Method[] = [
  method(
    'off-policy',
    {
      ...log,
      predictedReward: optional<number[][] | undefined>(list(list(number())), undefined),
      ...level,
      ...overlap,
    },
    ({ predictedReward, ...r }) =>
      offPolicy({ ...r, ...(predictedReward ? { predictedReward } : {}) }, r.alpha),
    (r) =>
      firstOf(
        () => offPolicyRules(r),
        () => tooLittleOverlap(r),
      ),
  ),
  method(
    'off-policy-cs',
    {
      ...log,
      range: optional(pair(number()), [0, 1] as const),
      ...level,
      at: list(count({ min: 1 })),
      ...overlap,
    },
    (r) => {
      const weights = importanceWeights(r);
      return {
        ...offPolicyCs(r.reward, weights, r),
        effectiveSampleSize: effectiveRows(weights),
        maxWeight: Math.max(...weights),
      };
    },
    (r) => sequenceRules({ ...r, predictedReward: undefined }),
  ),
];
