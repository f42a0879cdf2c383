import type { Effect, VerdictKind } from '@assay/domain/verdict';
import { type Arm, differenceVariance, isReadable } from './arm.ts';
import { decideByInterval, show } from './interval-decision.ts';
import { asymptoticCs } from './methods/asymptotic-cs.ts';
import { meanDifference } from './methods/mean-difference.ts';
import { srm } from './methods/srm.ts';
import { multinomialLogE } from './methods/srm-sequential.ts';
import { type ShipMetric, shipRule } from './ship-rule.ts';

export interface AbInput {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly control: Arm;
  readonly treatment: Arm;
  /** Units assigned to control and treatment, with or without an outcome, and the planned shares (they sum to 1). */
  readonly assigned: readonly [number, number];
  readonly weights: readonly [number, number];
  readonly alpha: number;
  /** In the metric's unit, > 0. */
  readonly smallestEffect: number;
  readonly minUnits: number;
  /** Units in both arms at which the running sequence is tightest: the planned sample. */
  readonly tuning: number;
  /**
   * `running`: decided by the always-valid sequence, as often as one likes. `final`: the one look that was planned
   * beforehand, decided by the fixed-horizon interval. Give `final` once, or the stated alpha is lost.
   */
  readonly look: 'running' | 'final';
  /** Non-inferiority guardrails; ship needs every one. Empty: none was planned. */
  readonly guardrails: readonly ShipMetric[];
}

export interface AbVerdict {
  readonly kind: VerdictKind;
  readonly reasons: readonly string[];
  /** Fixed-horizon estimate with its interval at 1 − alpha; null without data. */
  readonly effect: Effect | null;
  /** Always-valid interval at 1 − alpha. */
  readonly sequence: { readonly lower: number; readonly upper: number; readonly p: number } | null;
  /** Of the sample-ratio check: always valid on a running look, chi-square on the final one. */
  readonly srmP: number;
}

/** A sample ratio this unlikely means that the assignment or its log is broken (Kohavi, Tang & Xu 2020, ch. 21, use 0.001 too). */
export const SRM_LEVEL = 0.001;

export function abVerdict(input: AbInput): AbVerdict {
  const { control, treatment, alpha, metric } = input;
  const srmP = sampleRatioP(input);
  const missing = whatIsMissing(input);
  // A ratio that cannot be tested (no planned share) is as broken as an unlikely one
  const refused = !(srmP >= SRM_LEVEL);
  if (refused || missing !== null || differenceVariance(control, treatment) === 0) {
    const reason = refused
      ? `sample ratio ${input.assigned.join(' : ')} against planned ${input.weights.join(' : ')} has p = ${show(srmP)}, not ${SRM_LEVEL} or more: the assignment or its log is broken`
      : (missing ?? `${metric}: no unit differs from another, so that nothing can be compared`);
    return { kind: refused ? 'refused' : 'no-data', reasons: [reason], effect: null, sequence: null, srmP };
  }
  const fixed = meanDifference(control, treatment, { alpha });
  const { lower, upper, p } = asymptoticCs(control, treatment, { alpha, tuning: input.tuning });
  const effect = { metric, estimate: fixed.effect, lower: Number(fixed.lower), upper: Number(fixed.upper) };
  const decided = decide(input, input.look === 'final' ? effect : { lower, upper });
  return { ...decided, effect, sequence: { lower, upper, p }, srmP };
}

function sampleRatioP({ assigned, weights, look }: AbInput): number {
  if (assigned[0] + assigned[1] === 0) return 1;
  return look === 'final' ? srm(assigned, weights).p : runningSampleRatioP(assigned, weights);
}

/** Of the counts so far against the planned shares: may be looked at as often as one likes. */
export const runningSampleRatioP = (
  assigned: readonly [number, number],
  weights: readonly [number, number],
): number => Math.min(1, Math.exp(-multinomialLogE(assigned, weights, 100)));

function whatIsMissing({ control, treatment, metric, minUnits }: AbInput): string | null {
  const least = Math.min(control.n, treatment.n);
  if (!isReadable(control) || !isReadable(treatment)) return `${metric}: its statistics are not numbers`;
  const needed = Math.max(2, minUnits);
  return least < needed ? `${metric}: ${least} units in the smaller arm, ${needed} needed` : null;
}

function decide(
  input: AbInput,
  { lower, upper }: { lower: number; upper: number },
): { kind: VerdictKind; reasons: string[] } {
  const horizon = input.look === 'final' ? 'fixed-horizon interval' : 'always-valid interval';
  const basis = `${horizon}, ${show(100 * (1 - input.alpha))} %`;
  const { kind, reason } = decideByInterval({ ...input, lower, upper, basis });
  return kind === 'ship' ? shipIfHarmless(input, reason) : { kind, reasons: [reason] };
}

function shipIfHarmless(input: AbInput, reason: string): { kind: VerdictKind; reasons: string[] } {
  if (input.guardrails.length === 0) return { kind: 'ship', reasons: [reason, 'no guardrail was planned'] };
  const horizon =
    input.look === 'final'
      ? { kind: 'fixed' as const }
      : { kind: 'always-valid' as const, tuning: input.tuning };
  const ship = shipRule(input.guardrails, { alpha: input.alpha, minUnits: input.minUnits, horizon });
  return { kind: ship.kind === 'ship' ? 'ship' : 'inconclusive', reasons: [reason, ...ship.reasons] };
}
