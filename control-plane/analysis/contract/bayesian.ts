import { betaBinomial, normalPosterior, thompsonProbabilities } from '../methods/best-arm.ts';
import { bayesLinear, linUcb } from '../methods/linear-bandits.ts';
import { arm, constantArms } from './arm-shape.ts';
import { moreThanTrials, trialCount } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { alpha, count, number } from './number-shapes.ts';
import { pair } from './pair-shape.ts';
import { firstOf, outOfRange, rectangular, sameLength } from './rules.ts';
import { list, nullable, object, optional } from './shape.ts';

const credibility = optional(alpha(), 0.95);
const positive = number({ above: 0 });
const rows = list(list(number()));

export const BAYESIAN: readonly Method[] = [
  method(
    'beta-binomial',
    {
      arms: list(object({ successes: count(), n: trialCount() }), { atLeast: 2 }),
      prior: optional<readonly [number, number]>(pair(positive), [1, 1]),
      credibility,
    },
    (r) => betaBinomial(r.arms, r),
    ({ arms }) => firstOf(...arms.map((given, i) => () => moreThanTrials(given, `arms[${i}].successes`))),
  ),
  method(
    'normal-posterior',
    {
      control: arm(),
      treatment: arm(),
      prior: nullable(object({ mean: number(), variance: positive })),
      credibility,
    },
    (r) => normalPosterior(r.control, r.treatment, r),
    constantArms,
  ),
  method(
    'thompson-probabilities',
    {
      posteriors: list(object({ mean: number(), sd: positive }), { atLeast: 2 }),
      floor: optional(number({ min: 0 }), 0),
    },
    (r) => thompsonProbabilities(r.posteriors, r.floor),
    ({ posteriors, floor }) =>
      floor * posteriors.length > 1
        ? outOfRange(
            'floor',
            floor,
            `${posteriors.length} arms leave at most ${1 / posteriors.length} each`,
            'Give a smaller floor',
          )
        : null,
  ),
  method(
    'bayes-linear',
    { x: rows, y: list(number()), priorPrecision: positive, noisePrecision: positive, probe: rows },
    (r) => bayesLinear(r),
    (r) =>
      firstOf(
        () => rectangular('x', r.x),
        () => sameLength(r.x, { y: r.y }),
        () => rectangular('probe', r.probe, r.x[0]?.length ?? 0),
      ),
  ),
  method(
    'linucb',
    {
      x: rows,
      action: list(count()),
      reward: list(number()),
      arms: count({ min: 1 }),
      width: number({ min: 0 }),
      probe: list(number()),
    },
    (r) => linUcb(r),
    (r) =>
      firstOf(
        () => rectangular('x', r.x),
        () => sameLength(r.x, { action: r.action, reward: r.reward }),
        () => sameLength(r.x[0] ?? [], { probe: r.probe }),
        () => {
          const i = r.action.findIndex((a) => a >= r.arms);
          return i < 0
            ? null
            : outOfRange(`action[${i}]`, r.action[i], `there are ${r.arms} arms`, `Give 0 to ${r.arms - 1}`);
        },
      ),
  ),
];
