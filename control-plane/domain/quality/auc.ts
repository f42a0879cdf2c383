import { mean, variance } from './compared.ts';

/** Mid-ranks from 1; tied values share the mean of their ranks. */
function midRanks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (const i of order.slice(from, to + 1)) ranks[i] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

/**
 * Probability that a positive row scores above a negative one, ties counting half, and its standard error
 * (DeLong, DeLong & Clarke-Pearson 1988, by the mid-ranks of Sun & Xu 2014). NaN when one kind is missing.
 */
export function auc(
  labels: readonly number[],
  scores: readonly number[],
): { readonly value: number; readonly standardError: number } {
  const places = [...labels.keys()];
  const positive = places.filter((i) => labels[i] === 1);
  const negative = places.filter((i) => labels[i] !== 1);
  if (positive.length === 0 || negative.length === 0) return { value: Number.NaN, standardError: 0 };
  const all = midRanks(scores);
  const among = (rows: readonly number[]): number[] => midRanks(rows.map((i) => scores[i] ?? 0));
  const within = { positive: among(positive), negative: among(negative) };
  const above = positive.map((i, k) => ((all[i] ?? 0) - (within.positive[k] ?? 0)) / negative.length);
  const below = negative.map((i, k) => 1 - ((all[i] ?? 0) - (within.negative[k] ?? 0)) / positive.length);
  return {
    value: mean(above),
    standardError: Math.sqrt(variance(above) / positive.length + variance(below) / negative.length),
  };
}
