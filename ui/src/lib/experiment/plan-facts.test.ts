import type { ExperimentPlan } from '@assay/domain/experiment';
import { bidding } from '@assay/domain/families/bidding';
import { ranking } from '@assay/domain/families/ranking';
import { expect, test } from 'vitest';
import { guardrailWords, panelFacts, planFacts, stopFacts } from './plan-facts.ts';

const plan: ExperimentPlan = {
  id: 'x',
  endpoint: 'home-ranking',
  owner: 'ada',
  hypothesis: 'the new ranker earns more per session',
  unit: 'session',
  analysis: 'ab',
  arms: [
    { name: 'control', weight: 0.5 },
    { name: 'treatment', weight: 0.5 },
  ],
  layer: { id: 'home', from: 0, to: 0.5 },
  northStar: ranking.northStar,
  guardrails: ranking.guardrails,
  alpha: 0.05,
  power: 0.8,
  smallestEffect: 5,
  stop: {
    minUnitsPerArm: 5_000,
    minDurationMs: 60_000,
    timeoutMs: 120_000,
    lookEveryMs: 1_000,
    prePeriods: 0,
    postPeriods: 0,
  },
};

test('an A/B stops by units and time', () => {
  expect(stopFacts(plan)[0]).toEqual(['Not before', '5,000 sessions an arm and 1 min']);
});

test('a synthetic control stops by periods and names its treated unit', () => {
  const panel: ExperimentPlan = {
    ...plan,
    analysis: 'synthetic-control',
    treatedUnits: ['store-1'],
    stop: { ...plan.stop, prePeriods: 60, postPeriods: 1 },
  };
  expect(stopFacts(panel)[0]).toEqual(['Not before', '60 periods before and 1 period after the start']);
  expect(planFacts(panel)).toContainEqual(['Treated unit', 'store-1']);
});

test('a guardrail says the harm it allows', () => {
  expect(ranking.guardrails.map(guardrailWords)[1]).toBe(
    'Orders: not lower by more than 0.03 orders per session',
  );
  expect(bidding.guardrails.map(guardrailWords)[1]).toBe(
    'Spend: not higher by more than 3 cents per auction; stopped early beyond 1',
  );
});

test('a unit that is a phrase is called a unit', () => {
  expect(stopFacts({ ...plan, unit: 'unit_id of the request' })[0]?.[1]).toContain('5,000 units an arm');
});

test('a panel says who is compared with whom', () => {
  const panel = { ...plan, unit: 'store', treatedUnits: ['store-01'] };
  expect(panelFacts(panel, { treated: 1, donors: 23, periods: 20 })).toEqual([
    ['Treated', 'store-01'],
    ['Compared with', 'a mix of 23 other stores'],
    ['Periods since the start', `20 of ${plan.stop.postPeriods}`],
  ]);
  expect(panelFacts(panel, {})[1]?.[1]).toBe('no look yet');
});
