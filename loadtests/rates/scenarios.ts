import { BROKEN } from './broken.ts';
import { COVERAGE } from './coverage.ts';
import { COVERAGE_MORE } from './coverage-more.ts';
import { QUASI } from './coverage-quasi.ts';
import { FOUND_NOTHING } from './found-nothing.ts';
import { PEEKING_ADAPTIVE } from './peeking-adaptive.ts';
import { PEEKING_COUNTS } from './peeking-counts.ts';
import { PEEKING_MEANS } from './peeking-means.ts';
import { POWER } from './power.ts';
import { RULES } from './rules.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...PEEKING_MEANS,
  ...PEEKING_COUNTS,
  ...PEEKING_ADAPTIVE,
  ...RULES,
  ...COVERAGE,
  ...COVERAGE_MORE,
  ...QUASI,
  ...FOUND_NOTHING,
  ...POWER,
  ...BROKEN,
];

export const scenarioOf = (id: string): Scenario => {
  const found = SCENARIOS.find((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no scenario "${id}"`);
  return found;
};
