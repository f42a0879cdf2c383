import { type Arm, isReadable } from './arm.ts';
import { show } from './interval-decision.ts';
import { nonInferiority } from './methods/non-inferiority.ts';
import { oneSidedSequence } from './one-sided-sequence.ts';

/** One guardrail as the ship rule sees it; margin ≥ 0 in the metric's unit. */
export interface ShipMetric {
  readonly metric: string;
  readonly control: Arm;
  readonly treatment: Arm;
  readonly better: 'higher' | 'lower';
  readonly margin: number;
}

export interface ShipOptions {
  readonly alpha: number;
  readonly minUnits: number;
  /**
   * `fixed`: Welch, read once, at the end that was planned beforehand. `always-valid`: may be read at every look;
   * `tuning` = units in both arms where it is tightest.
   */
  readonly horizon: { readonly kind: 'fixed' } | { readonly kind: 'always-valid'; readonly tuning: number };
}

export interface ShipAnswer {
  readonly kind: 'ship' | 'inconclusive' | 'no-data';
  /** One sentence a guardrail, with its numbers. */
  readonly reasons: readonly string[];
}

/**
 * Ship only when every guardrail is shown to be no worse than its margin. Each is tested at the full alpha: all must hold, so
 * that P(ship | some guardrail is worse than its margin) ≤ alpha without a correction (intersection-union test, Berger 1982).
 * No guardrail at all is `no-data`: nothing was shown.
 */
export function shipRule(metrics: readonly ShipMetric[], options: ShipOptions): ShipAnswer {
  if (metrics.length === 0) return { kind: 'no-data', reasons: ['no guardrail was measured'] };
  const looks = metrics.map((metric) => judge(metric, options));
  const reasons = looks.map((look) => look.reason);
  if (looks.some((look) => look.kind === 'no-data')) return { kind: 'no-data', reasons };
  return { kind: looks.every((look) => look.kind === 'ship') ? 'ship' : 'inconclusive', reasons };
}

function judge(m: ShipMetric, options: ShipOptions): { kind: ShipAnswer['kind']; reason: string } {
  const least = Math.min(m.control.n, m.treatment.n);
  if (!isReadable(m.control) || !isReadable(m.treatment))
    return { kind: 'no-data', reason: `${m.metric}: its statistics are not numbers` };
  if (least < Math.max(2, options.minUnits))
    return {
      kind: 'no-data',
      reason: `${m.metric}: ${least} units in the smaller arm, ${options.minUnits} needed`,
    };
  const bound = harmBound(m, options);
  const worst = m.better === 'higher' ? bound : -bound;
  const holds = worst > -m.margin;
  const side = m.better === 'higher' ? 'at least' : 'at most';
  const limit = m.better === 'higher' ? -m.margin : m.margin;
  const effect = m.treatment.mean - m.control.mean;
  return {
    kind: holds ? 'ship' : 'inconclusive',
    reason:
      `${m.metric}: effect ${show(effect)}, ${side} ${show(bound)} with ${show(100 * (1 - options.alpha))} % confidence ` +
      `(${options.horizon.kind}); ${holds ? 'within' : 'not shown to be within'} the margin ${show(limit)}`,
  };
}

/** The one-sided limit on the side of harm. */
function harmBound(m: ShipMetric, { alpha, horizon }: ShipOptions): number {
  if (m.control.variance === 0 && m.treatment.variance === 0) return m.treatment.mean - m.control.mean;
  if (horizon.kind === 'fixed')
    return nonInferiority(m.control, m.treatment, { margin: m.margin, better: m.better, alpha }).bound;
  const look = oneSidedSequence(m.control, m.treatment, { alpha, tuning: horizon.tuning });
  return m.better === 'higher' ? look.lower : look.upper;
}
