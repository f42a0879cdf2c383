import { expect, test } from 'vitest';
import { PROFILES } from './delivery-profile.ts';
import { defaultPlan } from './design.ts';
import { atTimeout, type ExperimentFacts, endAfter, nextInExperiment } from './experiment-rules.ts';
import { FAMILIES } from './families/all.ts';
import { VERDICTS } from './verdict.ts';

const plan = defaultPlan({
  spec: FAMILIES.ranking,
  endpoint: 'home-ranking',
  owner: 'owner',
  champion: { model: 'm', version: '1' },
  candidate: { model: 'm', version: '2' },
  profile: PROFILES.demo,
});
const quiet: ExperimentFacts = { gathered: 0, look: null, harm: null, refusal: null, reason: '' };
const { minUnitsPerArm, minDurationMs, timeoutMs } = plan.stop;

test.for([
  { name: 'nothing yet', facts: quiet, at: 0, kind: 'stay' },
  {
    name: 'enough units too soon',
    facts: { ...quiet, gathered: minUnitsPerArm },
    at: minDurationMs - 1,
    kind: 'stay',
  },
  {
    name: 'the planned sample',
    facts: { ...quiet, gathered: minUnitsPerArm },
    at: minDurationMs,
    kind: 'final',
  },
  { name: 'one unit short', facts: { ...quiet, gathered: minUnitsPerArm - 1 }, at: timeoutMs, kind: 'stay' },
  { name: 'time-out', facts: quiet, at: timeoutMs + 1, kind: 'final' },
  { name: 'harm at once', facts: { ...quiet, harm: { reason: 'worse', effect: null } }, at: 0, kind: 'stop' },
  { name: 'a broken ratio at once', facts: { ...quiet, refusal: 'ratio' }, at: 0, kind: 'stop' },
])('experiment: $name → $kind', ({ facts, at, kind }) => {
  expect(nextInExperiment(plan, at, facts).kind).toBe(kind);
});

test('harm is a roll-back and a broken comparison is refused, whatever else was seen', () => {
  const both = {
    ...quiet,
    gathered: minUnitsPerArm,
    harm: { reason: 'worse', effect: null },
    refusal: 'ratio',
  };
  expect(nextInExperiment(plan, timeoutMs, both)).toMatchObject({ verdict: { kind: 'roll-back' } });
  expect(nextInExperiment(plan, 0, { ...both, harm: null })).toMatchObject({ verdict: { kind: 'refused' } });
});

test('only the verdict "ship" ships', () => {
  const ends = VERDICTS.map((kind) => endAfter({ kind, reasons: [], effect: null }));
  expect(ends.filter((e) => e === 'ship')).toHaveLength(1);
  expect(endAfter({ kind: 'roll-back', reasons: [], effect: null })).toBe('rolled-back');
});

test.for(VERDICTS)('a time-out never ships: %s', (kind) => {
  expect(atTimeout({ kind, reasons: [], effect: null }, 'too late').kind).not.toBe('ship');
});
