import { type AbInput, abVerdict } from '@assay/analysis/ab-verdict';
import { guardLook, MIN_UNITS_PER_ARM, splitAlpha } from '@assay/analysis/rollout-guard';
import { EXPERIMENT_FALSE_STOP_RATE } from '@assay/domain/design';
import { ARMS, type ExperimentPlan } from '@assay/domain/experiment';
import type { ExperimentFacts } from '@assay/domain/experiment-rules';
import type { ArmStats, ArmsAnswer, EvidenceSource } from '@assay/domain/ports/evidence-source';
import type { Verdict } from '@assay/domain/verdict';
import { harmReason, unreadable, validEffect } from './rollout-judging.ts';

export interface ExperimentQuery {
  readonly plan: ExperimentPlan;
  readonly sinceMs: number;
  readonly atMs: number;
}

const EMPTY: ArmStats = { n: 0, mean: Number.NaN, variance: Number.NaN };

export const nothingYet = (reason: string): ExperimentFacts => ({
  gathered: 0,
  look: null,
  harm: null,
  refusal: null,
  reason,
});

export const experimentJudging = ({ evidence }: { evidence: EvidenceSource }) => {
  const armsOf = (plan: ExperimentPlan, sinceMs: number): Promise<ArmsAnswer> =>
    evidence.arms({
      endpoint: plan.endpoint,
      experiment: plan.id,
      metrics: [...new Set([plan.northStar.name, ...plan.guardrails.map((g) => g.name)])],
      sinceMs,
    });
  return {
    /** A running look: estimate and harm; nothing is decided in favour of anyone. */
    async lookAtArms({ plan, sinceMs, atMs }: ExperimentQuery): Promise<ExperimentFacts> {
      try {
        return running(plan, atMs, await armsOf(plan, sinceMs));
      } catch (error) {
        return nothingYet(unreadable(error));
      }
    },

    /** The one look that was planned beforehand. */
    async decideByArms({ plan, sinceMs }: ExperimentQuery): Promise<Verdict> {
      try {
        const answer = await armsOf(plan, sinceMs);
        const { kind, reasons, effect } = abVerdict(inputOf(plan, answer, 'final'));
        return { kind, reasons, effect };
      } catch (error) {
        return { kind: 'no-data', reasons: [unreadable(error)], effect: null };
      }
    },
  };
};

export type ExperimentJudging = ReturnType<typeof experimentJudging>;

const statsOf = (answer: ArmsAnswer, arm: string, metric: string): ArmStats =>
  answer.arms[arm]?.[metric] ?? EMPTY;

function inputOf(plan: ExperimentPlan, answer: ArmsAnswer, look: AbInput['look']): AbInput {
  const pair = (metric: string) => ({
    control: statsOf(answer, ARMS.control, metric),
    treatment: statsOf(answer, ARMS.treatment, metric),
  });
  const weight = (arm: string): number => plan.arms.find((a) => a.name === arm)?.weight ?? 0;
  return {
    metric: plan.northStar.name,
    better: plan.northStar.better,
    ...pair(plan.northStar.name),
    assigned: [answer.assigned[ARMS.control] ?? 0, answer.assigned[ARMS.treatment] ?? 0],
    weights: [weight(ARMS.control), weight(ARMS.treatment)],
    alpha: plan.alpha,
    smallestEffect: plan.smallestEffect,
    minUnits: look === 'final' ? plan.stop.minUnitsPerArm : 2,
    tuning: tuningOf(plan),
    look,
    guardrails: plan.guardrails.map((g) => ({
      metric: g.name,
      ...pair(g.name),
      better: g.better,
      margin: g.nonInferiorityMargin,
    })),
  };
}

/** The planned sample. */
const tuningOf = (plan: ExperimentPlan): number => 2 * plan.stop.minUnitsPerArm;

function running(plan: ExperimentPlan, atMs: number, answer: ArmsAnswer): ExperimentFacts {
  const input = inputOf(plan, answer, 'running');
  const verdict = abVerdict(input);
  const { effect, sequence } = verdict;
  const units = { [ARMS.control]: input.control.n, [ARMS.treatment]: input.treatment.n };
  return {
    gathered: Math.min(input.control.n, input.treatment.n),
    look:
      effect === null
        ? null
        : {
            atMs,
            units,
            estimate: effect.estimate,
            lower: effect.lower,
            upper: effect.upper,
            sequenceLower: sequence?.lower ?? null,
            sequenceUpper: sequence?.upper ?? null,
          },
    harm: harmIn(plan, answer),
    refusal: verdict.kind === 'refused' ? verdict.reasons.join('; ') : null,
    reason:
      effect === null ? verdict.reasons.join('; ') : `${input.control.n} and ${input.treatment.n} units`,
  };
}

/** The same one-sided always-valid test as in a canary, at the experiment's own false-stop rate. */
function harmIn(plan: ExperimentPlan, answer: ArmsAnswer): ExperimentFacts['harm'] {
  const alpha = splitAlpha(EXPERIMENT_FALSE_STOP_RATE, plan.guardrails.length);
  for (const spec of plan.guardrails) {
    const control = statsOf(answer, ARMS.control, spec.name);
    const treatment = statsOf(answer, ARMS.treatment, spec.name);
    const harm = spec.better === 'higher' ? ('decrease' as const) : ('increase' as const);
    const tuning = tuningOf(plan);
    const tolerance = spec.tolerance ?? 0;
    const look = guardLook({
      ...{ control, treatment, harm, tolerance },
      ...{ alpha, tuning, minUnits: MIN_UNITS_PER_ARM },
    });
    if (look.kind !== 'harm') continue;
    const effect = validEffect(spec.name, control, treatment, tuning);
    return { effect, reason: harmReason(spec, effect, alpha, Math.min(control.n, treatment.n)) };
  }
  return null;
}
