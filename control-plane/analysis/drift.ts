import { show } from './interval-decision.ts';
import { chiSquareTest } from './methods/chi-square.ts';
import { histogramDistance } from './methods/histogram-distance.ts';
import { multiplicity } from './methods/multiplicity.ts';
import { at, sum } from './numeric/sum.ts';

/** Counts of one feature over the bins recorded at training, then and now. */
export interface FeatureCounts {
  readonly feature: string;
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

export interface DriftOptions {
  /** False-alarm rate of one look over all features together. Looks of disjoint rows add up: divide by their number. */
  readonly alpha: number;
  /** Smallest PSI that matters; below it a significant shift is too small to retrain for. */
  readonly minPsi: number;
  /** Rows that both histograms need. */
  readonly minRows: number;
}

/** 0.2 is the usual reading of PSI as a shift that asks for action (Siddiqi, Credit Risk Scorecards, 2006). */
export const DRIFT_DEFAULTS: DriftOptions = { alpha: 0.01, minPsi: 0.2, minRows: 200 };

export interface FeatureDrift {
  readonly feature: string;
  readonly kind: 'drift' | 'stable' | 'no-data';
  readonly psi: number | null;
  readonly chiSquare: number | null;
  /** Adjusted over features (Holm). */
  readonly p: number | null;
  readonly rows: number;
  readonly reason: string;
}

export interface DriftAnswer {
  readonly kind: 'drift' | 'stable' | 'no-data';
  readonly features: readonly FeatureDrift[];
  /** Of the features that drifted, the greatest PSI first; or why nothing can be said. */
  readonly reasons: readonly string[];
}

/**
 * Drift of each feature: significant (chi-square of the 2×k table, Holm over features, so that P(any alarm | no shift) ≤ alpha
 * for independent rows) and large (PSI ≥ minPsi). Overall: drift if some feature drifts; no-data if none can be read.
 */
export function featureDrift(
  features: readonly FeatureCounts[],
  options: DriftOptions = DRIFT_DEFAULTS,
): DriftAnswer {
  const looks = features.map((counts) => look(counts, options));
  const readable = looks.filter((each) => each.kind === 'measured');
  const { adjusted } = multiplicity(
    readable.map((each) => each.p),
    { procedure: 'holm', alpha: options.alpha },
  );
  const judged = looks.map(
    (each): FeatureDrift =>
      each.kind === 'measured' ? judge(each, at(adjusted, readable.indexOf(each)), options) : each.answer,
  );
  const drifted = judged.filter((each) => each.kind === 'drift').sort((a, b) => (b.psi ?? 0) - (a.psi ?? 0));
  if (drifted.length > 0)
    return { kind: 'drift', features: judged, reasons: drifted.map((each) => each.reason) };
  const kind = readable.length === 0 ? 'no-data' : 'stable';
  return { kind, features: judged, reasons: judged.map((each) => each.reason) };
}

interface Measured {
  readonly kind: 'measured';
  readonly feature: string;
  readonly psi: number;
  readonly chiSquare: number;
  readonly p: number;
  readonly rows: number;
}

function look(
  { feature, reference, current }: FeatureCounts,
  options: DriftOptions,
): Measured | { kind: 'unread'; answer: FeatureDrift } {
  const rows = sum(current);
  const unread = (why: string) => {
    const answer: FeatureDrift = {
      feature,
      kind: 'no-data',
      psi: null,
      chiSquare: null,
      p: null,
      rows,
      reason: `${feature}: ${why}`,
    };
    return { kind: 'unread' as const, answer };
  };
  if (reference.length !== current.length)
    return unread(`${current.length} bins, ${reference.length} at training`);
  if (![...reference, ...current].every((count) => Number.isFinite(count) && count >= 0))
    return unread('a count is not a number ≥ 0');
  const least = Math.min(rows, sum(reference));
  if (least < options.minRows) return unread(`${least} rows, ${options.minRows} needed`);
  const [a, b] = merged(reference, current);
  const { chiSquare, p } = chiSquareTest(a, b);
  return { kind: 'measured', feature, rows, chiSquare, p, psi: histogramDistance(reference, current).psi };
}

function judge({ kind: _, ...m }: Measured, p: number, { alpha, minPsi }: DriftOptions): FeatureDrift {
  const kind = p <= alpha && m.psi >= minPsi ? 'drift' : 'stable';
  const numbers = `PSI ${show(m.psi)} (action from ${minPsi}), adjusted p ${p < 1e-6 ? '< 1e-6' : `= ${show(p)}`} (alpha ${alpha}), ${m.rows} rows`;
  return { ...m, kind, p, reason: `${m.feature}: ${numbers}` };
}

/** Neighbouring bins put together until each is expected to hold 5 rows in the smaller sample (Cochran's rule). */
function merged(reference: readonly number[], current: readonly number[]): [number[], number[]] {
  const share = Math.min(sum(reference), sum(current)) / (sum(reference) + sum(current));
  const [a, b]: [number[], number[]] = [[0], [0]];
  for (const [i, count] of reference.entries()) {
    const last = a.length - 1;
    if (share * (at(a, last) + at(b, last)) >= 5) {
      a.push(count);
      b.push(at(current, i));
    } else {
      a[last] = at(a, last) + count;
      b[last] = at(b, last) + at(current, i);
    }
  }
  const last = a.length - 1;
  if (last > 0 && share * (at(a, last) + at(b, last)) < 5) {
    a[last - 1] = at(a, last - 1) + at(a, last);
    b[last - 1] = at(b, last - 1) + at(b, last);
    a.pop();
    b.pop();
  }
  return [a, b];
}
