import { prng } from '@assay/domain/prng';
import { gram } from '../numeric/linear.ts';
import { nelderMead } from '../numeric/nelder-mead.ts';
import { simplexWeights } from '../numeric/simplex-qp.ts';
import { at, rowAt, sum, variance } from '../numeric/sum.ts';
import { type SyntheticControl, withWeights } from './synthetic-control.ts';

export interface Predictors {
  readonly treated: readonly number[];
  /** By donor. */
  readonly donors: readonly (readonly number[])[];
}

/** Donor less treated in each predictor, in its sd over all units; a predictor without variation tells nothing. */
function scaledDistances({ treated, donors }: Predictors): number[][] {
  const sd = treated.map((x, k) => Math.sqrt(variance([x, ...donors.map((donor) => at(donor, k))])));
  return donors.map((donor) => treated.map((x, k) => (at(sd, k) > 0 ? (at(donor, k) - x) / at(sd, k) : 0)));
}

function weightsGiven(distances: readonly (readonly number[])[], v: readonly number[]): number[] {
  return simplexWeights(gram(distances.map((row) => row.map((d, k) => d * Math.sqrt(at(v, k))))));
}

interface Panel {
  readonly treated: readonly number[];
  readonly donors: readonly (readonly number[])[];
  readonly prePeriods: number;
}

/** Predictor weights v given (Abadie, Diamond & Hainmueller 2010, eq. for W*(V)). */
export function predictorControl(
  panel: Panel,
  predictors: Predictors,
  v: readonly number[],
): SyntheticControl {
  return withWeights(
    panel.treated,
    panel.donors,
    panel.prePeriods,
    weightsGiven(scaledDistances(predictors), v),
  );
}

const softmax = (s: readonly number[]): number[] => {
  const top = Math.max(...s);
  const raw = s.map((x) => Math.exp(x - top));
  const total = sum(raw);
  return raw.map((x) => x / total);
};

/** Fixed starts: even, each predictor in front, and drawn ones. The surface is flat and full of local optima (README). */
function starts(k: number, drawn: number, seed: string): number[][] {
  const random = prng(seed);
  const even = new Array<number>(k).fill(0);
  const single = even.map((_, i) => even.map((__, j) => (i === j ? 3 : 0)));
  return [even, ...single, ...Array.from({ length: drawn }, () => even.map(() => 3 * random.normal()))];
}

export interface NearTie {
  readonly weights: number[];
  readonly v: number[];
  readonly preRmse: number;
}

export interface NestedControl extends SyntheticControl {
  readonly v: number[];
  /** Other donor weights that fit nearly as well: where there are some, the weights are not to be read one by one. */
  readonly nearTies: NearTie[];
}

/** Mean squares this close are a tie, if some donor's weight differs by more than `APART`. */
const TIE = 1.01;
const APART = 0.02;

/**
 * V that minimises the outcome's mean square over the pre-periods (Abadie & Gardeazabal, AER 93 (2003), appendix B): Nelder-Mead
 * from fixed starts, the best few restarted until nothing is gained. Deterministic; no start is promised the global optimum.
 */
export function nestedControl(panel: Panel, predictors: Predictors, seed = 'nested-v'): NestedControl {
  const distances = scaledDistances(predictors);
  const { treated, donors, prePeriods } = panel;
  const loss = preMeanSquare(panel, distances);
  const k = predictors.treated.length;
  const first = starts(k, 12, seed).map((s) => nelderMead(loss, s, { step: 1, evaluations: 60 * k }));
  const ends = first
    .sort((a, b) => a.value - b.value)
    .slice(0, 4)
    .map((found) => restarted(loss, found, k))
    .sort((a, b) => a.value - b.value);
  // Starts that were left behind may still lie beside the optimum, which is flat
  const [best, ...others] = [...ends, ...first.slice(4)].map((found) => {
    const v = softmax(found.x);
    return { value: found.value, v, weights: weightsGiven(distances, v) };
  }) as [Candidate, ...Candidate[]];
  const control = withWeights(treated, donors, prePeriods, best.weights);
  return { ...control, v: best.v, nearTies: ties(best, others) };
}

interface Candidate {
  readonly value: number;
  readonly v: number[];
  readonly weights: number[];
}

const differ = (a: readonly number[], b: readonly number[]): boolean =>
  a.some((w, i) => Math.abs(w - at(b, i)) > APART);

function ties(best: Candidate, others: readonly Candidate[]): NearTie[] {
  const found: Candidate[] = [];
  for (const each of others)
    if (
      each.value <= TIE * best.value &&
      [best, ...found].every((other) => differ(each.weights, other.weights))
    )
      found.push(each);
  return found.map(({ value, v, weights }) => ({ weights, v, preRmse: Math.sqrt(value) }));
}

/** Of predictor weights given as logs, through the Gram matrix of pre-period gaps: one small product a try, not all periods. */
function preMeanSquare(
  { treated, donors, prePeriods }: Panel,
  distances: readonly (readonly number[])[],
): (s: readonly number[]) => number {
  const g = gram(
    donors.map((donor) => Array.from({ length: prePeriods }, (_, t) => at(donor, t) - at(treated, t))),
  );
  return (s) => {
    const w = weightsGiven(distances, softmax(s));
    let total = 0;
    for (const [i, wi] of w.entries())
      if (wi > 0) for (const [j, wj] of w.entries()) total += wi * wj * at(rowAt(g, i), j);
    return total / prePeriods;
  };
}

type Found = ReturnType<typeof nelderMead>;

function restarted(loss: (s: readonly number[]) => number, found: Found, k: number): Found {
  let best = found;
  for (const step of [2, 1, 0.5, 2, 1, 0.3]) {
    const next = nelderMead(loss, best.x, { step, evaluations: 120 * k });
    if (next.value < best.value) best = next;
  }
  return best;
}
