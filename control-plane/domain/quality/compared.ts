/** A model's quality on held-out rows beside the naive baseline's on the same rows. */
export interface Compared {
  readonly value: number;
  readonly naive: number;
  /** What the naive baseline does, for people. */
  readonly naiveWhat: string;
  /** Standard error of value − naive, paired by row (by session for rankings). */
  readonly standardError: number;
  readonly rows: number;
}

export const mean = (xs: readonly number[]): number =>
  xs.length === 0 ? Number.NaN : xs.reduce((a, b) => a + b, 0) / xs.length;

/** Unbiased; NaN for fewer than two, which show no spread: whoever judges by it then refuses. */
export function variance(xs: readonly number[]): number {
  if (xs.length < 2) return Number.NaN;
  const m = mean(xs);
  return xs.reduce((a, b) => a + (b - m) ** 2, 0) / (xs.length - 1);
}

/** From each row's share of the metric under the model and under the naive baseline; the metric is their mean. */
export function compare(model: readonly number[], naive: readonly number[], naiveWhat: string): Compared {
  const differences = model.map((x, i) => x - (naive[i] ?? Number.NaN));
  return {
    value: mean(model),
    naive: mean(naive),
    naiveWhat,
    standardError: Math.sqrt(variance(differences) / Math.max(1, differences.length)),
    rows: model.length,
  };
}
