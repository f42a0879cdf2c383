import { number } from './number-shapes.ts';
import type { Refusal } from './refusal.ts';
import { firstOf, hasCounts, sameLength } from './rules.ts';
import { list, optional } from './shape.ts';

export const sampleWeights = optional<number[] | undefined>(list(number({ min: 0 })), undefined);

/** Two samples whose values may stand for several rows each, as in a quantile sketch. */
export interface WeightedRequest {
  readonly reference: number[];
  readonly current: number[];
  readonly referenceWeights: number[] | undefined;
  readonly currentWeights: number[] | undefined;
}

export function weightRules({
  reference,
  current,
  referenceWeights,
  currentWeights,
}: WeightedRequest): Refusal | null {
  return firstOf(
    () => sameLength(reference, { referenceWeights }),
    () => sameLength(current, { currentWeights }),
    () => (referenceWeights ? hasCounts('referenceWeights', referenceWeights) : null),
    () => (currentWeights ? hasCounts('currentWeights', currentWeights) : null),
  );
}
