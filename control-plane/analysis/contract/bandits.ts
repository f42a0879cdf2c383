import { importanceWeights, type LoggedBandit, offPolicy } from '../methods/off-policy.ts';
import { type Method, method } from './method.ts';
import { count, number, probability } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, outOfRange, rectangular, sameLength, sumsToOne } from './rules.ts';
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

export const BANDITS: readonly Method[] = [
  method(
    'off-policy',
    {
      reward: list(number(), { atLeast: 2 }),
      action: list(count()),
      loggingPropensity: list(number({ above: 0, max: 1 })),
      targetProbabilities: list(list(probability())),
      predictedReward: optional<number[][] | undefined>(list(list(number())), undefined),
    },
    ({ predictedReward, ...log }) => offPolicy({ ...log, ...(predictedReward ? { predictedReward } : {}) }),
    offPolicyRules,
  ),
];
