import { covariateMoments, mergeMoments } from '@assay/analysis/methods/covariate-moments';
import { meanDifference } from '@assay/analysis/methods/mean-difference';
import { offPolicy } from '@assay/analysis/methods/off-policy';
import {
  CLASSIFIER_METRICS,
  type ClassifierMetric,
  expectedConfusion,
  performanceEstimate,
} from '@assay/analysis/methods/performance-estimate';
import {
  adjustedFromMoments,
  adjustedFromRows,
  type CovariateRows,
} from '@assay/analysis/methods/regression-adjustment';
import { ROI_INTERVALS, roi } from '@assay/analysis/methods/roi';
import type { Prng } from '@assay/domain/prng';
import { skewed } from './laws.ts';
import { Running } from './running.ts';
import type { Scenario } from './scenario.ts';

const ALPHA = 0.05;
const APPROXIMATE = 0.055;

const misses = (lower: number | null, upper: number | null, truth: number): number[] => [
  Number((lower ?? -Infinity) > truth || (upper ?? Infinity) < truth),
];

/** Three covariates, one skewed, that explain two thirds; the effect is 0.2 and grows with the first one, whose mean is 0. */
function covariateRows(random: Prng, n: number, treated: boolean): CovariateRows {
  const x = Array.from({ length: n }, () => [random.normal(), skewed(random, 0), random.normal()]);
  const y = x.map(([a = 0, b = 0, c = 0]) => {
    const effect = treated ? 0.2 + 0.5 * a : 0;
    const noise = random.normal() * (treated ? 1.3 : 0.7);
    return effect + a + 0.8 * b - 0.5 * c + 0.3 * a * a + noise;
  });
  return { y, x };
}

function adjustment(kind: 'rows' | 'days'): Scenario['run'] {
  return (random) => {
    if (kind === 'rows') {
      const { lower, upper } = adjustedFromRows(
        covariateRows(random, 120, false),
        covariateRows(random, 60, true),
      );
      return misses(lower, upper, 0.2);
    }
    const day = (treated: boolean) => {
      const { y, x } = covariateRows(random, 40, treated);
      return covariateMoments(y, x);
    };
    const arm = (treated: boolean) => mergeMoments(mergeMoments(day(treated), day(treated)), day(treated));
    const { lower, upper } = adjustedFromMoments(arm(false), arm(true));
    return misses(lower, upper, 0.2);
  };
}

/** 1,000 rows of three arms logged at 60, 30, 10 %; the target plays 20, 30, 50 %. The model of the rewards is off. */
function policy(estimator: 'ips' | 'snips' | 'dr'): Scenario['run'] {
  const [logged, target, means] = [
    [0.6, 0.3, 0.1],
    [0.2, 0.3, 0.5],
    [0.2, 0.3, 0.4],
  ] as const;
  return (random) => {
    const rows = Array.from({ length: 1000 }, () => {
      const u = random.next();
      const action = u < 0.6 ? 0 : u < 0.9 ? 1 : 2;
      return { action, reward: Number(random.next() < (means[action] ?? 0)) };
    });
    const found = offPolicy(
      {
        reward: rows.map(({ reward }) => reward),
        action: rows.map(({ action }) => action),
        loggingPropensity: rows.map(({ action }) => logged[action] ?? 1),
        targetProbabilities: rows.map(() => target),
        predictedReward: rows.map(() => [0.3, 0.3, 0.3]),
      },
      ALPHA,
    );
    const truth = 0.2 * 0.2 + 0.3 * 0.3 + 0.5 * 0.4;
    return misses(found[`${estimator}Lower`] ?? null, found[`${estimator}Upper`] ?? null, truth);
  };
}

/** 400 rows of calibrated probabilities; the truth is the metric that their labels then have. */
function withoutLabels(metric: ClassifierMetric): Scenario['run'] {
  return (random) => {
    const probability = Array.from({ length: 400 }, () => random.next() ** 1.5);
    const label = probability.map((p) => Number(random.next() < p));
    const { lower, upper } = performanceEstimate(expectedConfusion(probability, 0.5), metric, ALPHA);
    const count = (said: boolean, y: number): number =>
      probability.filter((p, i) => p >= 0.5 === said && label[i] === y).length;
    // The realised confusion matrix is an expected one without spread
    const realised = {
      truePositives: count(true, 1),
      falsePositives: count(true, 0),
      trueNegatives: count(false, 0),
      falseNegatives: count(false, 1),
      variancePositive: 0,
      varianceNegative: 0,
    };
    return misses(lower, upper, performanceEstimate(realised, metric).estimate);
  };
}

/** Gain and cost of the same 200 + 200 units by Welch; the cost is known to a sixth of itself. */
function returns(interval: (typeof ROI_INTERVALS)[number]): Scenario['run'] {
  return (random) => {
    const arms = [0, 1].map(() => ({ gain: new Running(), cost: new Running() }));
    for (const [treated, { gain, cost }] of arms.entries())
      for (let i = 0; i < 200; i++) {
        gain.add(10 + 2.6 * treated + 4 * random.normal());
        cost.add(5 + 2 * treated + 3.3 * random.normal());
      }
    const [control, treatment] = arms as [{ gain: Running; cost: Running }, { gain: Running; cost: Running }];
    const of = (name: 'gain' | 'cost') => {
      const { effect, se } = meanDifference(control[name], treatment[name]);
      return { estimate: effect, variance: se ** 2 };
    };
    const { lower, upper } = roi(of('gain'), of('cost'), { interval, alpha: ALPHA });
    return misses(lower, upper, 0.3);
  };
}

const of = (method: string, id: string, data: string, atMost: number, run: Scenario['run']): Scenario => ({
  ...{ id: `coverage/${method}/${id}`, table: 'coverage', method, data, stated: { atMost }, run },
});

export const COVERAGE_MORE: readonly Scenario[] = [
  of(
    'regression-adjustment',
    'hc2',
    'HC2: 3 covariates, effect grows with one, 120 and 60 units',
    0.06,
    adjustment('rows'),
  ),
  of(
    'regression-adjustment',
    'moments',
    'analytic, from the moments of three days, 120 and 120 units',
    0.06,
    adjustment('days'),
  ),
  ...(['ips', 'snips', 'dr'] as const).map((estimator) =>
    of(
      'off-policy',
      estimator,
      `${estimator.toUpperCase()}, 1,000 rows, greatest weight 5`,
      0.06,
      policy(estimator),
    ),
  ),
  ...CLASSIFIER_METRICS.map((metric) =>
    of(
      'performance-estimate',
      metric,
      `${metric} of 400 rows, before their labels came`,
      APPROXIMATE,
      withoutLabels(metric),
    ),
  ),
  ...ROI_INTERVALS.map((interval) =>
    of('roi', interval, `${interval}, cost known to a sixth of itself`, APPROXIMATE, returns(interval)),
  ),
];
