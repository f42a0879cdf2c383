import { at, sum, sumOf } from '../numeric/sum.ts';

export interface HistogramDistance {
  readonly psi: number;
  /** Divergence in bits, in [0, 1]. */
  readonly jensenShannon: number;
  /** Its square root, a metric. */
  readonly jensenShannonDistance: number;
  readonly hellinger: number;
  /** KL(current ‖ reference) in nats. */
  readonly klCurrentReference: number;
}

const shares = (counts: readonly number[]): number[] => {
  const total = sum(counts);
  return counts.map((count) => count / total);
};

const raised = (p: readonly number[], floor: number): number[] => p.map((x) => Math.max(x, floor));

/** Population stability index of two lists of shares: every share below `floor` is raised to it, without renormalising. */
function psi(p: readonly number[], q: readonly number[], floor: number): number {
  const [a, b] = [raised(p, floor), raised(q, floor)];
  return sumOf(a.length, (i) => (at(b, i) - at(a, i)) * Math.log(at(b, i) / at(a, i)));
}

/** Σ a·log₂(a/b), where 0·log 0 = 0. */
const divergenceBits = (a: readonly number[], b: readonly number[]): number =>
  sumOf(a.length, (i) => (at(a, i) === 0 ? 0 : at(a, i) * Math.log2(at(a, i) / at(b, i))));

function kl(p: readonly number[], q: readonly number[], floor: number): number {
  const floored = [...p, ...q].some((x) => x === 0);
  const [a, b] = floored ? [shares(raised(p, floor)), shares(raised(q, floor))] : [p, q];
  return sumOf(a.length, (i) => (at(b, i) === 0 ? 0 : at(b, i) * Math.log(at(b, i) / at(a, i))));
}

/** Distances of two histograms over the same bins; each has at least one count. */
export function histogramDistance(
  reference: readonly number[],
  current: readonly number[],
  floor = 1e-4,
): HistogramDistance {
  const [p, q] = [shares(reference), shares(current)];
  const middle = p.map((x, i) => (x + at(q, i)) / 2);
  const jensenShannon = Math.max(0, (divergenceBits(p, middle) + divergenceBits(q, middle)) / 2);
  return {
    psi: psi(p, q, floor),
    jensenShannon,
    jensenShannonDistance: Math.sqrt(jensenShannon),
    hellinger: Math.sqrt(Math.max(0, 1 - sumOf(p.length, (i) => Math.sqrt(at(p, i) * at(q, i))))),
    klCurrentReference: kl(p, q, floor),
  };
}
