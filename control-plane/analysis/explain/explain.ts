import { BAYESIAN_WORDS } from './bayesian.ts';
import type { Explanation, Fields, Horizon, Sentence } from './explanation.ts';
import { FIXED_HORIZON_WORDS } from './fixed-horizon.ts';
import { FIXED_HORIZON_MORE_WORDS } from './fixed-horizon-more.ts';
import { MONITORING_WORDS } from './monitoring.ts';
import { QUASI_EXPERIMENT_WORDS } from './quasi-experiments.ts';
import { SEQUENTIAL_WORDS } from './sequential.ts';

/** By method of the contract. */
export const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ...FIXED_HORIZON_WORDS,
  ...FIXED_HORIZON_MORE_WORDS,
  ...SEQUENTIAL_WORDS,
  ...BAYESIAN_WORDS,
  ...QUASI_EXPERIMENT_WORDS,
  ...MONITORING_WORDS,
};

/** What goes with every reply, beside its numbers. */
export interface Explained {
  readonly method: string;
  /** `fixed`: read it once. */
  readonly horizon: Horizon;
  readonly assumptions: readonly string[];
  readonly checked: readonly string[];
  readonly sentence: Sentence;
  readonly reference: string;
  /** Page of the method in the project. */
  readonly page: string;
}

export function explain(method: string, result: Fields, request: Fields): Explained | undefined {
  const words = EXPLANATIONS[method];
  return (
    words && {
      method,
      horizon: words.horizon,
      assumptions: words.assumptions,
      checked: words.checked,
      sentence: words.sentence(result, request),
      reference: words.reference,
      page: `control-plane/analysis/docs/${method}.md`,
    }
  );
}
