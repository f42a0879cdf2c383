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
function starts(k: number, drawn: number): number[][] {
  const random = prng('nested-v');
  const even = new Array<number>(k).fill(0);
  const single = even.map((_, i) => even.map((__, j) => (i === j ? 3 : 0)));
  return [even, ...single, ...Array.from({ length: drawn }, () => even.map(() => 3 * random.normal()))];
}

/**
 * V that minimises the outcome's mean square over the pre-periods (Abadie & Gardeazabal, AER 93 (2003), appendix B): Nelder-Mead
 * from fixed starts, the best few restarted until nothing is gained. Deterministic; no start is promised the global optimum.
 */
export function nestedControl(panel: Panel, predictors: Predictors): SyntheticControl & { v: number[] } {
  const distances = scaledDistances(predictors);
  const { treated, donors, prePeriods } = panel;
  // Mean square through the Gram matrix of pre-period gaps: one small product a try instead of all periods.
  const g = gram(
    donors.map((donor) => Array.from({ length: prePeriods }, (_, t) => at(donor, t) - at(treated, t))),
  );
  const loss = (s: readonly number[]): number => {
    const w = weightsGiven(distances, softmax(s));
    let total = 0;
    for (const [i, wi] of w.entries())
      if (wi > 0) for (const [j, wj] of w.entries()) total += wi * wj * at(rowAt(g, i), j);
    return total / prePeriods;
  };
  const k = predictors.treated.length;
  const first = starts(k, 12).map((s) => nelderMead(loss, s, { step: 1, evaluations: 60 * k }));
  const best = first
    .sort((a, b) => a.value - b.value)
    .slice(0, 4)
    .map((found) => restarted(loss, found, k))
    .reduce((a, b) => (b.value < a.value ? b : a));
  const v = softmax(best.x);
  return { ...withWeights(treated, donors, prePeriods, weightsGiven(distances, v)), v };
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
