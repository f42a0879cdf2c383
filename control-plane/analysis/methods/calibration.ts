import { at, sum, sumOf } from '../numeric/sum.ts';

export interface Calibration {
  readonly ece: number;
  readonly mce: number;
  readonly brier: number;
  readonly logLoss: number;
  readonly counts: number[];
}

/** Index of the bin [i/bins, (i+1)/bins) that holds p; the last bin is closed. */
function binOf(p: number, bins: number): number {
  let i = Math.min(bins - 1, Math.floor(p * bins));
  if (p < i / bins) i -= 1;
  else if (i < bins - 1 && p >= (i + 1) / bins) i += 1;
  return i;
}

/** Probabilities of 0 and 1 are taken as one rounding step off them, as scikit-learn does, so that log loss stays finite. */
const clipped = (p: number): number => Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p));

/** Expected and maximum calibration error over equal-width bins (Naeini, Cooper & Hauskrecht 2015), Brier score, log loss. */
export function calibration(
  probability: readonly number[],
  label: readonly number[],
  bins = 10,
): Calibration {
  const n = probability.length;
  const members: number[][] = Array.from({ length: bins }, () => []);
  for (const [i, p] of probability.entries()) members[binOf(p, bins)]?.push(i);
  const gaps = members.map((rows) => Math.abs(sum(rows.map((i) => at(probability, i) - at(label, i)))));
  return {
    ece: sum(gaps) / n,
    mce: Math.max(...gaps.map((gap, b) => (members[b]?.length ? gap / members[b].length : 0))),
    brier: sumOf(n, (i) => (at(probability, i) - at(label, i)) ** 2) / n,
    logLoss:
      sumOf(
        n,
        (i) => -Math.log(at(label, i) === 1 ? clipped(at(probability, i)) : 1 - clipped(at(probability, i))),
      ) / n,
    counts: members.map((rows) => rows.length),
  };
}
