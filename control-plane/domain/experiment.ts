import { AssayError } from './errors.ts';
import type { MetricSpec } from './metric.ts';
import type { Verdict } from './verdict.ts';

/** Names of an experiment's arms in the plan, in the route and in the evidence. */
export const ARMS = { control: 'control', treatment: 'treatment' } as const;

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
  for (const { field, rule } of [...armFaults(plan), ...shareFaults(plan)]) refuse(field, rule);
  if (!(plan.alpha > 0 && plan.alpha < 0.5)) refuse('alpha', `alpha ${plan.alpha} is not in (0, 0.5)`);
  if (!(plan.stop.timeoutMs > plan.stop.minDurationMs))
    refuse('stop.timeoutMs', 'the time-out must be later than the shortest duration');
  if (plan.analysis !== 'synthetic-control') return;
  if ((plan.treatedUnits?.length ?? 0) !== 1)
    refuse('treatedUnits', 'a synthetic control needs exactly one treated unit');
  if (plan.stop.postPeriods < 1) refuse('stop.postPeriods', 'it plans no period after the start');
}

interface Fault {
  readonly field: string;
  readonly rule: string;
}

/** Judged is treatment against control; a plan with other arms would get traffic that no verdict reads. */
function* armFaults({ arms }: ExperimentPlan): Generator<Fault> {
  const names = arms.map((arm) => arm.name).sort();
  if (names.join() !== [ARMS.control, ARMS.treatment].join())
    yield {
      field: 'arms',
      rule: `its arms must be "${ARMS.control}" and "${ARMS.treatment}", not "${names.join('", "')}"`,
    };
  for (const [i, { name, weight, model, version }] of arms.entries()) {
    if (!(weight >= 0 && weight <= 1))
      yield { field: `arms[${i}].weight`, rule: `the weight of arm "${name}" is ${weight}, not in [0, 1]` };
    if (name === ARMS.treatment && (model === undefined || version === undefined))
      yield { field: `arms[${i}].version`, rule: `arm "${name}" names no model and version` };
  }
  const total = arms.reduce((sum, arm) => sum + arm.weight, 0);
  if (!(Math.abs(total - 1) <= 1e-9)) yield { field: 'arms', rule: `arm weights sum to ${total}, not 1` };
}

function* shareFaults({ layer, smallestEffect, power }: ExperimentPlan): Generator<Fault> {
  if (!(layer.from >= 0 && layer.from < layer.to && layer.to <= 1))
    yield {
      field: 'layer',
      rule: `its share [${layer.from}, ${layer.to}) of the layer is no part of [0, 1)`,
    };
  if (!(smallestEffect > 0))
    yield {
      field: 'smallestEffect',
      rule: `the smallest effect of interest ${smallestEffect} is not above 0`,
    };
  if (!(power > 0 && power < 1)) yield { field: 'power', rule: `power ${power} is not in (0, 1)` };
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
