import { adwin } from '../methods/adwin.ts';
import { conformalInterval } from '../methods/conformal-interval.ts';
import { cusum } from '../methods/cusum.ts';
import { mmd } from '../methods/mmd.ts';
import { wasserstein } from '../methods/wasserstein.ts';
import { type Method, method } from './method.ts';
import { alpha, count, number } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, rectangular, sameLength } from './rules.ts';
import { list, object, optional } from './shape.ts';
import { sampleWeights, weightRules } from './weighted-samples.ts';

const points = list(list(number()), { atLeast: 2 });
const predicted = object({ actual: list(number()), predicted: list(number()) });
type Predicted = { readonly actual: number[]; readonly predicted: number[] };

function conformalRules({
  calibration,
  test,
  level,
}: {
  calibration: Predicted;
  test: Predicted | undefined;
  level: number;
}): Refusal | null {
  const least = Math.max(1 / level, 1 / (1 - level));
  return firstOf(
    () => sameLength(calibration.actual, { 'calibration.predicted': calibration.predicted }),
    () => (test ? sameLength(test.actual, { 'test.predicted': test.predicted }) : null),
    () =>
      calibration.actual.length > least
        ? null
        : refuse(
            'too-few',
            'calibration.actual',
            calibration.actual.length,
            `level ${level} needs more than ${least}`,
            'Give more values',
          ),
  );
}

export const DRIFT_METHODS: readonly Method[] = [
  method(
    'wasserstein',
    {
      reference: list(number()),
      current: list(number()),
      referenceWeights: sampleWeights,
      currentWeights: sampleWeights,
    },
    ({ reference, current, referenceWeights: a, currentWeights: b }) =>
      wasserstein(reference, current, { ...(a ? { reference: a } : {}), ...(b ? { current: b } : {}) }),
    weightRules,
  ),
  method(
    'mmd',
    { reference: points, current: points, bandwidth: number({ above: 0 }) },
    (r) => mmd(r.reference, r.current, r.bandwidth),
    (r) =>
      firstOf(
        () => rectangular('reference', r.reference),
        () => rectangular('current', r.current, r.reference[0]?.length ?? 0),
      ),
  ),
  method(
    'adwin',
    {
      values: list(number()),
      delta: optional(alpha(), 0.002),
      clock: optional(count({ min: 1 }), 32),
      maxBuckets: optional(count({ min: 1 }), 5),
      minWindow: optional(count({ min: 1 }), 5),
      grace: optional(count(), 10),
    },
    (r) => adwin(r.values, r),
  ),
  method(
    'cusum',
    {
      values: list(number()),
      delta: number(),
      threshold: number({ min: 0 }),
      minInstances: count({ min: 1 }),
    },
    (r) => cusum(r.values, r),
  ),
  method(
    'conformal-interval',
    { calibration: predicted, test: optional<Predicted | undefined>(predicted, undefined), level: alpha() },
    (r) => conformalInterval(r.calibration, r.level, r.test),
    conformalRules,
  ),
];
