import {
  CLASSIFIER_METRICS,
  expectedConfusion,
  performanceEstimate,
} from '../methods/performance-estimate.ts';
import { fiellerBounded, ROI_INTERVALS, roi, type Uncertain } from '../methods/roi.ts';
import { level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { number, probability, word } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, outOfRange } from './rules.ts';
import { list, object, optional } from './shape.ts';

/** Fewer labels than this are too few for a sum of them to be near normal. */
const LEAST_ROWS = 30;

function performanceRules(r: {
  readonly probability: number[];
  readonly threshold: number;
  readonly metric: (typeof CLASSIFIER_METRICS)[number];
}): Refusal | null {
  const { estimate } = performanceEstimate(expectedConfusion(r.probability, r.threshold), r.metric);
  if (Number.isFinite(estimate)) return null;
  const rule = `no row counts in the denominator of ${r.metric} at threshold ${r.threshold}`;
  return refuse('zero-denominator', 'probability', 0, rule, 'Give more rows, or another threshold');
}

function roiRules(r: {
  readonly gain: Uncertain;
  readonly cost: Uncertain;
  readonly covariance: number;
  readonly interval: (typeof ROI_INTERVALS)[number];
  readonly alpha: number;
}): Refusal | null {
  const { gain, cost, covariance, alpha } = r;
  return firstOf(
    () =>
      covariance ** 2 <= gain.variance * cost.variance * (1 + 1e-9)
        ? null
        : outOfRange(
            'covariance',
            covariance,
            'it is greater than both variances allow',
            'Give |c| ≤ √(v·w)',
          ),
    () =>
      gain.variance + cost.variance - 2 * covariance > 0
        ? null
        : refuse(
            'constant',
            'gain.variance',
            gain.variance,
            'the net gain has no error',
            'Give the variances',
          ),
    () =>
      r.interval === 'delta' || fiellerBounded(cost, alpha)
        ? null
        : refuse(
            'zero-denominator',
            'cost.estimate',
            cost.estimate,
            `at level ${1 - alpha} the cost is not told from 0: the ratio has no bounded interval`,
            'Wait for a cost that is known better, or read the net gain',
          ),
  );
}

const uncertain = (rules: Parameters<typeof number>[0] = {}) =>
  object({ estimate: number(rules), variance: number({ min: 0 }) });

export const ESTIMATES: readonly Method[] = [
  method(
    'performance-estimate',
    {
      probability: list(probability(), { atLeast: LEAST_ROWS }),
      metric: word(CLASSIFIER_METRICS),
      threshold: optional(number({ min: 0, max: 1 }), 0.5),
      ...level,
    },
    (r) => {
      const confusion = expectedConfusion(r.probability, r.threshold);
      return { ...performanceEstimate(confusion, r.metric, r.alpha), confusion };
    },
    performanceRules,
  ),
  method(
    'roi',
    {
      gain: uncertain(),
      cost: uncertain({ above: 0 }),
      covariance: optional(number(), 0),
      interval: optional(word(ROI_INTERVALS), 'fieller'),
      ...level,
    },
    (r) => roi(r.gain, r.cost, r),
    roiRules,
  ),
];
