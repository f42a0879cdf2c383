import { normalUpperQuantile } from '../numeric/normal.ts';
import { sum } from '../numeric/sum.ts';

export const CLASSIFIER_METRICS = ['accuracy', 'precision', 'recall', 'specificity', 'f1'] as const;
export type ClassifierMetric = (typeof CLASSIFIER_METRICS)[number];

/** Expected confusion matrix of rows whose labels are not known, and how far their two free counts spread. */
export interface ExpectedConfusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Variance of the positives among the rows said positive, and among those said negative: sums of p(1 − p). */
  readonly variancePositive: number;
  readonly varianceNegative: number;
}

/** Rows at or above the threshold are said positive. Mergeable: each number is a sum over rows. */
export function expectedConfusion(probability: readonly number[], threshold: number): ExpectedConfusion {
  const said = probability.filter((p) => p >= threshold);
  const rest = probability.filter((p) => p < threshold);
  const spread = (ps: readonly number[]): number => sum(ps.map((p) => p * (1 - p)));
  return {
    truePositives: sum(said),
    falsePositives: sum(said.map((p) => 1 - p)),
    trueNegatives: sum(rest.map((p) => 1 - p)),
    falseNegatives: sum(rest),
    variancePositive: spread(said),
    varianceNegative: spread(rest),
  };
}

/** A metric's value, and its slopes in the true positives and in the false negatives, the rows said positive held. */
type Slopes = readonly [value: number, positive: number, negative: number];

const SLOPES: Readonly<Record<ClassifierMetric, (c: ExpectedConfusion) => Slopes>> = {
  accuracy: (c) => {
    const n = c.truePositives + c.falsePositives + c.trueNegatives + c.falseNegatives;
    return [(c.truePositives + c.trueNegatives) / n, 1 / n, -1 / n];
  },
  precision: (c) => {
    const said = c.truePositives + c.falsePositives;
    return [c.truePositives / said, 1 / said, 0];
  },
  recall: (c) => {
    const positives = c.truePositives + c.falseNegatives;
    return [
      c.truePositives / positives,
      c.falseNegatives / positives ** 2,
      -c.truePositives / positives ** 2,
    ];
  },
  specificity: (c) => {
    const negatives = c.trueNegatives + c.falsePositives;
    return [
      c.trueNegatives / negatives,
      c.trueNegatives / negatives ** 2,
      -c.falsePositives / negatives ** 2,
    ];
  },
  f1: (c) => {
    const all = 2 * c.truePositives + c.falsePositives + c.falseNegatives;
    return [
      (2 * c.truePositives) / all,
      2 / all - (2 * c.truePositives) / all ** 2,
      (-2 * c.truePositives) / all ** 2,
    ];
  },
};

export interface PerformanceEstimate {
  readonly estimate: number;
  readonly se: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Confidence-based performance estimation: what a classifier's metric is on rows whose labels have not come, from its calibrated
 * probabilities alone (Białek, Kuberski, Perrakis & Bifet, "Estimating model performance under covariate shift without labels"
 * (2024), section 3). Labels are independent Bernoulli draws, so that each cell is Poisson-binomial; the interval, by the delta
 * method, is for the metric that these rows will turn out to have. NaN where its denominator is 0.
 */
export function performanceEstimate(
  confusion: ExpectedConfusion,
  metric: ClassifierMetric,
  alpha = 0.05,
): PerformanceEstimate {
  const [estimate, positive, negative] = SLOPES[metric](confusion);
  const se = Math.sqrt(
    positive ** 2 * confusion.variancePositive + negative ** 2 * confusion.varianceNegative,
  );
  const half = se * normalUpperQuantile(alpha / 2);
  return { estimate, se, lower: Math.max(0, estimate - half), upper: Math.min(1, estimate + half) };
}
