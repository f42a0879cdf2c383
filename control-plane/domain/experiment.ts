import { AssayError } from './errors.ts';
import type { MetricSpec } from './metric.ts';
import type { Verdict } from './verdict.ts';

export const ANALYSES = ['ab', 'synthetic-control'] as const;
export type Analysis = (typeof ANALYSES)[number];

/** Locked when the experiment is registered; a later change is an amendment and shows in the verdict. */
export interface ExperimentPlan {
  readonly id: string;
  readonly endpoint: string;
  readonly owner: string;
  readonly hypothesis: string;
  readonly unit: string;
  readonly analysis: Analysis;
  readonly arms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly model?: string;
    readonly version?: string;
  }[];
  readonly treatedUnits?: readonly string[];
  readonly layer: { readonly id: string; readonly from: number; readonly to: number };
  readonly northStar: MetricSpec;
  readonly guardrails: readonly MetricSpec[];
  readonly alpha: number;
  readonly power: number;
  readonly smallestEffect: number;
  readonly stop: {
    readonly minUnitsPerArm: number;
    readonly minDurationMs: number;
    readonly timeoutMs: number;
    readonly lookEveryMs: number;
    readonly prePeriods: number;
    readonly postPeriods: number;
  };
}

export type ExperimentState =
  | { readonly kind: 'draft' }
  | { readonly kind: 'registered'; readonly planDigest: string }
  | { readonly kind: 'running'; readonly planDigest: string; readonly sinceMs: number }
  | { readonly kind: 'stopped'; readonly planDigest: string; readonly reason: string }
  | { readonly kind: 'decided'; readonly planDigest: string; readonly verdict: Verdict };

const NEXT: Readonly<Record<ExperimentState['kind'], readonly ExperimentState['kind'][]>> = {
  draft: ['registered'],
  registered: ['running', 'stopped'],
  running: ['stopped'],
  stopped: ['decided'],
  decided: [],
};

/** Throws TRANSITION_REFUSED for a step that the state machine does not have. */
export function assertExperimentStep(
  id: string,
  from: ExperimentState['kind'],
  to: ExperimentState['kind'],
): void {
  if (from === to || NEXT[from].includes(to)) return;
  throw new AssayError('TRANSITION_REFUSED', `Cannot move experiment "${id}" from "${from}" to "${to}"`);
}

/** An experiment has an owner, a hypothesis and stop criteria before it may start. Throws EXPERIMENT_INVALID. */
export function assertPlan(plan: ExperimentPlan): void {
  const refuse = (field: string, rule: string): never => {
    throw new AssayError('EXPERIMENT_INVALID', `Cannot register experiment "${plan.id}": ${rule}`, { field });
  };
  if (plan.owner.trim() === '') refuse('owner', 'it has no owner');
  if (plan.hypothesis.trim().length < 10)
    refuse('hypothesis', `the hypothesis "${plan.hypothesis}" says too little (10 characters at least)`);
  if (plan.arms.length < 2) refuse('arms', 'it needs at least two arms');
  const total = plan.arms.reduce((sum, arm) => sum + arm.weight, 0);
  if (Math.abs(total - 1) > 1e-9) refuse('arms', `arm weights sum to ${total}, not 1`);
  if (!(plan.alpha > 0 && plan.alpha < 0.5)) refuse('alpha', `alpha ${plan.alpha} is not in (0, 0.5)`);
  if (!(plan.stop.timeoutMs > plan.stop.minDurationMs))
    refuse('stop.timeoutMs', 'the time-out must be later than the shortest duration');
  if (plan.analysis === 'synthetic-control' && (plan.treatedUnits?.length ?? 0) !== 1) {
    refuse('treatedUnits', 'a synthetic control needs exactly one treated unit');
  }
}

/** One running estimate, for the page and the record. */
export interface ExperimentLook {
  readonly atMs: number;
  readonly units: Readonly<Record<string, number>>;
  readonly estimate: number;
  /** 95 % interval valid at this look alone. */
  readonly lower: number;
  readonly upper: number;
  /** Always-valid interval: holds at all looks together; null where the method has none. */
  readonly sequenceLower: number | null;
  readonly sequenceUpper: number | null;
}
