import { prng } from '@assay/domain/prng';
import { expect, test } from 'vitest';
import { judge, play } from './scenario.ts';
import { SCENARIOS, scenarioOf } from './scenarios.ts';

// A small seeded part of `npm run bench:rates`: too few runs to see a rate that is off by a little, enough for one that is
// off by much. The whole is in control-plane/analysis/README.md.
const SMALL = { runs: 60, looks: 150 };
const judged = SCENARIOS.filter(({ table }) => table !== 'power');

test.for(judged.map(({ id }) => id))('%s: no rate is broken beyond Monte-Carlo error', (id) => {
  const scenario = scenarioOf(id);
  const { stated, table } = scenario;
  const tally = play(scenario, prng(`small/${id}`), SMALL);
  // The rates of misuse need as many looks as the bench has; here they only have to run
  if (table === 'broken' && stated !== null && 'atLeast' in stated) expect(tally.runs).toBe(SMALL.runs);
  else expect(judge(scenario, tally).broken, JSON.stringify(judge(scenario, tally))).toBe(false);
});

test('a rate beyond Monte-Carlo error is broken, one within it is not', () => {
  const scenario = scenarioOf('peeking/asymptotic-cs/normal');
  expect(judge(scenario, { runs: 10_000, sums: [560] }).broken).toBe(false);
  expect(judge(scenario, { runs: 10_000, sums: [580] }).broken).toBe(true);
  const power = scenarioOf('power/group-sequential/1');
  expect(judge(power, { runs: 10_000, sums: [7500] }).broken).toBe(true);
  expect(judge(power, { runs: 10_000, sums: [7600] }).broken).toBe(false);
});

test('the same seed plays the same runs', () => {
  const scenario = scenarioOf('peeking/srm-sequential/canary');
  expect(play(scenario, prng('a'), SMALL)).toEqual(play(scenario, prng('a'), SMALL));
});

test('scenarios have names of their own: the seeds hang on them', () => {
  expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
});
