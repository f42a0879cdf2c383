import type { ExperimentPlan } from '@assay/domain/experiment';
import type { Verdict } from '@assay/domain/verdict';

export interface ExperimentInput {
  readonly plan: ExperimentPlan;
  /** Release that this experiment decides, or null for one that a person launched. */
  readonly release: string | null;
}

export interface ExperimentResult {
  readonly id: string;
  readonly verdict: Verdict;
}

export const experimentWorkflow = {
  name: 'experiment',
  id: (experimentId: string): string => `experiment/${experimentId}`,
} as const;

/** Signal: stop before the stop criteria; the verdict says so. */
export const STOP = 'stop';
export interface StopInput {
  readonly subject: string;
  readonly reason: string;
}
