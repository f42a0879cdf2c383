import { runningSampleRatioP, SRM_LEVEL } from '@assay/analysis/ab-verdict';
import { asymptoticCs } from '@assay/analysis/methods/asymptotic-cs';
import { type GuardLook, guardLook, MIN_UNITS_PER_ARM, splitAlpha } from '@assay/analysis/rollout-guard';
import type { DeliveryProfile } from '@assay/domain/delivery-profile';
import { AssayError } from '@assay/domain/errors';
import { ARM } from '@assay/domain/evidence-schema';
import type { MetricSpec } from '@assay/domain/metric';
import type { ArmStats, ArmsAnswer, EvidenceSource } from '@assay/domain/ports/evidence-source';
import type { Look } from '@assay/domain/rollout';
import type { ShadowLook } from '@assay/domain/shadow-gate';
import type { Effect } from '@assay/domain/verdict';

export interface ShadowQuery {
  readonly endpoint: string;
  readonly family: string;
  readonly model: string;
  readonly version: string;
  readonly sinceMs: number;
}

export interface CanaryQuery {
  readonly endpoint: string;
  readonly rollout: string;
  readonly sinceMs: number;
  /** Share of units in force; 0 where the caller does not know it: then the ratio is not checked. */
  readonly weight: number;
  readonly guardrails: readonly MetricSpec[];
  readonly canary: DeliveryProfile['canary'];
}

/** One guardrail at one look, for the record. */
export interface GuardrailReading {
  readonly metric: string;
  readonly look: GuardLook['kind'];
  readonly alpha: number;
  readonly effect: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly p: number | null;
  readonly champion: number;
  readonly canary: number;
}

export interface CanaryLook {
  readonly look: Look;
  readonly guardrails: readonly GuardrailReading[];
  readonly assigned: Readonly<Record<string, number>>;
  /** Of the guardrail that fired: always-valid at 95 %, because the harm chose the moment. */
  readonly effect: Effect | null;
}

const EMPTY: ArmStats = { n: 0, mean: Number.NaN, variance: Number.NaN };

/** Evidence that cannot be read is an answer, not a failure: the rule decides what follows from it. */
export const unreadable = (error: unknown): string => {
  if (error instanceof AssayError && error.code === 'EVIDENCE_UNREADABLE') return error.message;
  throw error;
};

/** Units in both arms that the ramp sees when each step gathers just what it needs, about twice over. */
const tuningOf = (canary: DeliveryProfile['canary']): number =>
  3 * Math.max(canary.minUnits, MIN_UNITS_PER_ARM) * canary.steps.length;

export const rolloutJudging = ({ evidence }: { evidence: EvidenceSource }) => ({
  async lookAtShadow(query: ShadowQuery): Promise<ShadowLook> {
    try {
      return { kind: 'read', answer: await evidence.shadow(query) };
    } catch (error) {
      return { kind: 'unreadable', reason: unreadable(error) };
    }
  },

  async lookAtCanary(query: CanaryQuery): Promise<CanaryLook> {
    const { endpoint, rollout, sinceMs, guardrails, weight } = query;
    try {
      const metrics = guardrails.map((g) => g.name);
      return judge(query, await evidence.arms({ endpoint, rollout, metrics, sinceMs, weight }));
    } catch (error) {
      return {
        look: { kind: 'unreadable', reason: unreadable(error) },
        guardrails: [],
        assigned: {},
        effect: null,
      };
    }
  },
});

export type RolloutJudging = ReturnType<typeof rolloutJudging>;

function judge(query: CanaryQuery, { arms, assigned }: ArmsAnswer): CanaryLook {
  const alpha = splitAlpha(query.canary.falseRollbackRate, query.guardrails.length);
  const minUnits = Math.max(query.canary.minUnits, MIN_UNITS_PER_ARM);
  const tuning = tuningOf(query.canary);
  const read = query.guardrails.map((spec) => {
    const control = arms[ARM.champion]?.[spec.name] ?? EMPTY;
    const treatment = arms[ARM.canary]?.[spec.name] ?? EMPTY;
    const harm = spec.better === 'higher' ? ('decrease' as const) : ('increase' as const);
    return {
      spec,
      control,
      treatment,
      look: guardLook({ control, treatment, harm, tolerance: spec.tolerance ?? 0, alpha, tuning, minUnits }),
    };
  });
  const units = Math.min(...read.map((r) => Math.min(r.control.n, r.treatment.n)));
  const fired = read.find((r) => r.look.kind === 'harm');
  const readings = read.map(({ spec, control, treatment, look }) => ({
    metric: spec.name,
    look: look.kind,
    alpha,
    effect: look.effect,
    lower: look.lower,
    upper: look.upper,
    p: look.p,
    champion: control.n,
    canary: treatment.n,
  }));
  const base = { guardrails: readings, assigned };
  if (fired !== undefined) {
    const effect = validEffect(fired.spec.name, fired.control, fired.treatment, tuning);
    return { ...base, effect, look: { kind: 'harm', reason: harmReason(fired.spec, effect, alpha, units) } };
  }
  const broken = brokenRatio(query, assigned);
  if (broken !== null) return { ...base, effect: null, look: { kind: 'unreadable', reason: broken } };
  const isEnough = read.every((r) => r.look.kind === 'ok');
  return { ...base, effect: null, look: { kind: isEnough ? 'enough' : 'gathering', units } };
}

/**
 * A canary whose units get lost (it fails and the champion steps in, its log is cut) is judged by those that are left, and may
 * look harmless: such a look can be read by nobody, and raises no traffic.
 */
function brokenRatio({ weight }: CanaryQuery, assigned: ArmsAnswer['assigned']): string | null {
  if (!(weight > 0 && weight < 1)) return null;
  const counts = [assigned[ARM.champion] ?? 0, assigned[ARM.canary] ?? 0] as const;
  const p = runningSampleRatioP(counts, [1 - weight, weight]);
  return p >= SRM_LEVEL
    ? null
    : `sample ratio ${counts.join(' : ')} against planned ${show(1 - weight)} : ${show(weight)} has p = ${show(p)}, not ${SRM_LEVEL} or more`;
}

/** 95 % and always valid: true at the moment that the test itself chose. */
export function validEffect(metric: string, control: ArmStats, treatment: ArmStats, tuning: number): Effect {
  const { effect, lower, upper } = asymptoticCs(control, treatment, { alpha: 0.05, tuning });
  return { metric, estimate: effect, lower, upper };
}

const show = (x: number): string => String(Number(x.toPrecision(4)));

const tolerated = ({ tolerance = 0 }: MetricSpec): string =>
  tolerance === 0 ? '' : ` where ${show(tolerance)} is tolerated`;

export const harmReason = (spec: MetricSpec, effect: Effect, alpha: number, units: number): string =>
  `${spec.name} is worse by ${show(Math.abs(effect.estimate))} ${spec.unit}${tolerated(spec)} ` +
  `(95 % always-valid interval of the effect ${show(effect.lower)} to ${show(effect.upper)}, ${units} units in the smaller arm, ` +
  `rollback test at alpha ${show(alpha)})`;
