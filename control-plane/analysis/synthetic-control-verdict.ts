import type { Effect, VerdictKind } from '@assay/domain/verdict';
import { decideByInterval, show } from './interval-decision.ts';
import { sharedWeights } from './methods/shared-gram.ts';
import { gaps, outcomeWeights, rms } from './methods/synthetic-control.ts';
import { tUpperQuantile } from './numeric/student.ts';
import { at, mean, rowAt } from './numeric/sum.ts';

export interface PanelInput {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly units: readonly string[];
  /** [units × periods]; a missing cell is NaN. A donor with a hole is left out; a hole in the treated unit is no-data. */
  readonly outcomes: readonly (readonly number[])[];
  readonly treated: number;
  /** Periods before the change; 1 or more are left after it. */
  readonly prePeriods: number;
  readonly alpha: number;
  readonly smallestEffect: number;
}

export interface PanelVerdict {
  readonly kind: VerdictKind;
  readonly reasons: readonly string[];
  /** Mean effect over the post-periods. */
  readonly effect: Effect | null;
  readonly weights: readonly { readonly unit: string; readonly weight: number }[];
  readonly preRmspe: number | null;
  /** Share of units, the treated one among them, whose RMSPE ratio is at least the treated unit's. */
  readonly placeboP: number | null;
  /** By period: what was observed and what the synthetic control says would have been. */
  readonly path: readonly { readonly observed: number; readonly synthetic: number }[];
}

export const MIN_PRE_PERIODS = 8;
export const MIN_DONORS = 6;
/** A treated unit that is fitted this many times worse than the median donor is outside of what the donors can imitate. */
export const POOR_FIT = 3;

/**
 * Synthetic control with an intercept (Ferman & Pinto, "Synthetic controls with imperfect pretreatment fit", Quantitative
 * Economics 12 (2021): every unit's pre-period mean is taken off), so that a unit of another level can be imitated.
 *
 * The interval inverts in-space placebos: each donor in turn, with the other donors as its donors and the treated unit left out,
 * gives a ratio of its mean post-period gap to its pre-period RMSPE. Were units exchangeable and the change without effect, the
 * treated ratio would be one more draw: its size exceeds the ⌈(n+1)(1−alpha)⌉-th smallest of the placebos' sizes with
 * probability ≤ alpha, whatever the law and the serial correlation. With too few donors for that rank (n < 1/alpha − 1) a
 * t prediction interval of the ratios takes its place, which supposes them near normal.
 */
export function syntheticControlVerdict(input: PanelInput): PanelVerdict {
  const { outcomes, treated, prePeriods, units } = input;
  const own = outcomes[treated] ?? [];
  const keep = units
    .map((_, i) => i)
    .filter((i) => i !== treated && rowAt(outcomes, i).every(Number.isFinite));
  const missing = whatIsMissing(input, own, keep.length);
  if (missing !== null) return nothing('no-data', missing);
  const donors = keep.map((i) => centred(rowAt(outcomes, i), prePeriods));
  const level = centred(own, prePeriods);
  const main = fit(level, donors, outcomeWeights(level, donors, prePeriods), prePeriods);
  const placebos = placeboFits(donors, prePeriods);
  const weights = keep.map((i, j) => ({ unit: units[i] ?? String(i), weight: at(main.weights, j) }));
  const path = own.map((observed, t) => ({ observed, synthetic: observed - at(main.gap, t) }));
  const usable = placebos.filter((placebo) => placebo.pre > 0);
  const typical = median(usable.map((placebo) => placebo.pre));
  const found = { weights, preRmspe: main.pre, path };
  if (!(main.pre > 0) || usable.length < MIN_DONORS)
    return { ...nothing('refused', 'the pre-periods hold no variation to judge the fit by'), ...found };
  if (main.pre > POOR_FIT * typical)
    return {
      ...nothing(
        'refused',
        `pre-period fit is poor: RMSPE ${show(main.pre)} against ${show(typical)} for the median donor (at most ${POOR_FIT} times)`,
      ),
      ...found,
    };
  return { ...judge(input, main, usable), ...found };
}

interface Fit {
  readonly weights: readonly number[];
  readonly gap: readonly number[];
  readonly pre: number;
  readonly post: number;
  readonly effect: number;
}

/** Each donor with the others as its donors. */
function placeboFits(donors: readonly (readonly number[])[], prePeriods: number): Fit[] {
  const weightsOf = sharedWeights(donors, prePeriods);
  return donors.map((donor, i) => {
    const others = [...donors.keys()].filter((j) => j !== i);
    return fit(
      donor,
      others.map((j) => rowAt(donors, j)),
      weightsOf(i, others),
      prePeriods,
    );
  });
}

function fit(
  unit: readonly number[],
  donors: readonly (readonly number[])[],
  weights: readonly number[],
  prePeriods: number,
): Fit {
  const gap = gaps(unit, donors, weights);
  const post = gap.slice(prePeriods);
  return { weights, gap, pre: rms(gap.slice(0, prePeriods)), post: rms(post), effect: mean(post) };
}

function judge(
  input: PanelInput,
  main: Fit,
  placebos: readonly Fit[],
): Omit<PanelVerdict, 'weights' | 'preRmspe' | 'path'> {
  const ratio = main.post / main.pre;
  const placeboP =
    (1 + placebos.filter((placebo) => placebo.post / placebo.pre >= ratio).length) / (placebos.length + 1);
  const { half, rule } = reach(
    placebos.map((p) => p.effect / p.pre),
    input.alpha,
  );
  const [estimate, width] = [main.effect, half * main.pre];
  const effect = { metric: input.metric, estimate, lower: estimate - width, upper: estimate + width };
  const basis = `${show(100 * (1 - input.alpha))} % from ${placebos.length} placebos, ${rule}`;
  const decided = decideByInterval({ ...input, lower: effect.lower, upper: effect.upper, basis });
  const fitted = `pre-period RMSPE ${show(main.pre)}, placebo p = ${show(placeboP)}`;
  return { kind: decided.kind, reasons: [decided.reason, fitted], effect, placeboP };
}

/** Half-width of the interval in units of the treated unit's pre-period RMSPE. */
function reach(ratios: readonly number[], alpha: number): { half: number; rule: string } {
  const n = ratios.length;
  const rank = Math.ceil((n + 1) * (1 - alpha) - 1e-9);
  if (rank <= n) {
    const sizes = ratios.map(Math.abs).sort((a, b) => a - b);
    return { half: at(sizes, rank - 1), rule: 'by rank' };
  }
  // The placebos' centre is 0 by construction, so that n ratios give n degrees of freedom.
  return { half: tUpperQuantile(alpha / 2, n) * rms(ratios) * Math.sqrt(1 + 1 / n), rule: 'by t' };
}

function whatIsMissing(
  { outcomes, units, prePeriods, treated }: PanelInput,
  own: readonly number[],
  donors: number,
): string | null {
  const post = own.length - prePeriods;
  if (!Number.isInteger(treated) || own.length === 0) return `there is no unit ${treated} in the panel`;
  if (outcomes.length !== units.length || outcomes.some((row) => row.length !== own.length))
    return 'the panel is ragged';
  if (prePeriods < MIN_PRE_PERIODS) return `${prePeriods} pre-periods, ${MIN_PRE_PERIODS} needed`;
  if (post < 1) return 'no post-period yet';
  if (!own.every(Number.isFinite))
    return `the treated unit "${units[treated]}" has no outcome in some period`;
  return donors < MIN_DONORS ? `${donors} donors without a hole, ${MIN_DONORS} needed` : null;
}

const nothing = (kind: VerdictKind, reason: string): PanelVerdict => ({
  kind,
  reasons: [reason],
  effect: null,
  weights: [],
  preRmspe: null,
  placeboP: null,
  path: [],
});

function centred(row: readonly number[], prePeriods: number): number[] {
  const level = mean(row.slice(0, prePeriods));
  return row.map((x) => x - level);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
