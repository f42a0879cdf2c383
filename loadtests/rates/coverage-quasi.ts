import { callawaySantanna } from '@assay/analysis/methods/callaway-santanna';
import { conformalTest } from '@assay/analysis/methods/conformal-test';
import { did } from '@assay/analysis/methods/did';
import { eventStudy } from '@assay/analysis/methods/event-study';
import { permutationTest } from '@assay/analysis/methods/permutation-test';
import { placeboTest } from '@assay/analysis/methods/placebo-test';
import { switchback } from '@assay/analysis/methods/switchback';
import { placeboInterval, syntheticDid } from '@assay/analysis/methods/synthetic-did';
import type { Prng } from '@assay/domain/prng';
import { skewed } from './laws.ts';
import type { Scenario } from './scenario.ts';

const ALPHA = 0.05;
/** Normal quantile of 0.025, where a method gives a standard error and no interval. */
const Z = 1.959963984540054;

const rejected = (p: number): number[] => [Number(p <= ALPHA)];
const outside = (estimate: number, se: number, truth: number): number[] => [
  Number(Math.abs(estimate - truth) > Z * se),
];

/** An autoregressive series (0.5) of unit variance. */
function series(random: Prng, length: number): number[] {
  let state = random.normal();
  return Array.from({ length }, () => {
    state = 0.5 * state + Math.sqrt(0.75) * random.normal();
    return state;
  });
}

interface Rows {
  readonly y: number[];
  readonly unit: number[];
  readonly time: number[];
  readonly firstTreated: number[];
  readonly treated: number[];
}

/** Units with levels, shared shocks by time and autocorrelated noise; `cohort` is a unit's first treated time, 0 never. */
function panel(
  random: Prng,
  {
    cohorts,
    times,
    effect,
  }: { cohorts: readonly number[]; times: number; effect: (event: number) => number },
): Rows {
  const rows: Rows = { y: [], unit: [], time: [], firstTreated: [], treated: [] };
  const shocks = Array.from({ length: times }, () => random.normal());
  for (const [unit, first] of cohorts.entries()) {
    const level = 2 * random.normal();
    for (const [i, noise] of series(random, times).entries()) {
      const time = i + 1;
      const on = first > 0 && time >= first;
      rows.y.push(level + (shocks[i] ?? 0) + noise + (on ? effect(time - first) : 0));
      rows.unit.push(unit);
      rows.time.push(time);
      rows.firstTreated.push(first);
      rows.treated.push(Number(on));
    }
  }
  return rows;
}

const cohorts = (...sizes: readonly (readonly [units: number, first: number])[]): number[] =>
  sizes.flatMap(([units, first]) => new Array<number>(units).fill(first));

function differences(random: Prng): number[] {
  const rows = panel(random, { cohorts: cohorts([20, 0], [20, 6]), times: 10, effect: () => 0.3 });
  const { lower, upper } = did(rows, ALPHA);
  return [Number((lower ?? 0) > 0.3 || (upper ?? 0) < 0.3)];
}

/** The effect in the period of the change. */
function events(random: Prng): number[] {
  const rows = panel(random, { cohorts: cohorts([25, 0], [25, 5]), times: 8, effect: (e) => 0.2 + 0.1 * e });
  const found = eventStudy(rows, -1);
  if (found === null) return [1];
  const i = found.eventTime.indexOf(0);
  return outside(found.effect[i] ?? Number.NaN, found.se[i] ?? Number.NaN, 0.2);
}

/** Cohorts at 3 and 5 of 6 times, effects that grow: the post cells' mean effect, each weighted by its cohort. */
function staggered(control: 'never-treated' | 'not-yet-treated'): Scenario['run'] {
  return (random) => {
    const rows = panel(random, {
      cohorts: cohorts([80, 0], [60, 3], [60, 5]),
      times: 6,
      effect: (e) => 0.2 + 0.2 * e,
    });
    const found = callawaySantanna(rows, control);
    const truth = (0.2 + 0.4 + 0.6 + 0.8 + 0.2 + 0.4) / 6;
    return outside(found?.overall ?? Number.NaN, found?.overallSe ?? Number.NaN, truth);
  };
}

/** Two factors that units load on, and noise: what synthetic controls are for. */
function factorPanel(random: Prng, units: number, periods: number, noise: number): number[][] {
  const factors = [series(random, periods), series(random, periods)] as const;
  return Array.from({ length: units }, () => {
    const [a, b] = [random.next(), random.next()];
    return factors[0].map((f, t) => 3 * a * f + 3 * b * (factors[1][t] ?? 0) + noise * random.normal());
  });
}

function syntheticDifferences(random: Prng): number[] {
  const outcomes = factorPanel(random, 60, 25, 1);
  const { estimate, jackknifeSe } = syntheticDid(outcomes, 40, 18);
  return outside(estimate, jackknifeSe ?? Number.NaN, 0);
}

function placeboMisses(random: Prng): number[] {
  const outcomes = factorPanel(random, 23, 25, 1);
  const { estimate } = syntheticDid(outcomes, 20, 18);
  const { lower, upper } = placeboInterval(outcomes, 20, { prePeriods: 18, estimate, alpha: ALPHA });
  return [Number((lower ?? 0) > 0 || (upper ?? 0) < 0)];
}

function conformalPeriods(random: Prng): number[] {
  const [treated = [], ...donors] = factorPanel(random, 9, 60, 1);
  return rejected(conformalTest(treated, donors, 50).p);
}

const placebos = (random: Prng): number[] => rejected(placeboTest(factorPanel(random, 21, 30, 1), 0, 20).p);

/** 12 blocks of 3 periods, coins at one half, a wave through the day, no effect. */
function switchbacks(random: Prng): number[] {
  const outcomes = series(random, 36).map((x, t) => 5 + Math.sin(t / 3) + x);
  const blockArms = Array.from({ length: 12 }, () => random.int(2));
  return rejected(
    switchback({ outcomes, blockArms, blockLength: 3, burnIn: 1, treatmentProbability: 0.5 }).p,
  );
}

function permuted(random: Prng): number[] {
  const side = () => Array.from({ length: 7 }, () => skewed(random, 0));
  return rejected(permutationTest(side(), side()).p);
}

const of = (method: string, id: string, data: string, atMost: number, run: Scenario['run']): Scenario => ({
  ...{ id: `quasi/${method}/${id}`, table: 'quasi', method, data, stated: { atMost }, run },
});

export const QUASI: readonly Scenario[] = [
  of('did', 'panel', '40 units, 10 times, autocorrelated 0.5: interval misses', 0.06, differences),
  of('event-study', 'panel', '50 units, 8 times: period of the change, interval misses', 0.06, events),
  of(
    'callaway-santanna',
    'never',
    '200 units in 3 cohorts, never treated as controls: overall',
    0.06,
    staggered('never-treated'),
  ),
  of(
    'callaway-santanna',
    'not-yet',
    'the same, not yet treated as controls',
    0.06,
    staggered('not-yet-treated'),
  ),
  of(
    'synthetic-did',
    'jackknife',
    '40 controls, 20 treated, 18 + 7 periods, 2 factors: jackknife, too narrow',
    0.1,
    syntheticDifferences,
  ),
  of(
    'synthetic-did',
    'placebo',
    '20 controls, 3 treated, 18 + 7 periods, 2 factors: placebos',
    0.07,
    placeboMisses,
  ),
  of(
    'conformal-test',
    'null',
    '8 donors, 50 + 10 periods, 2 factors: false positives',
    0.06,
    conformalPeriods,
  ),
  of('placebo-test', 'null', '21 units, 20 + 10 periods, 2 factors: false positives', 0.055, placebos),
  of('switchback', 'null', '12 blocks of 3, burn-in 1, waves: false positives', ALPHA, switchbacks),
  of('permutation-test', 'null', '7 and 7 exponential values: false positives', ALPHA, permuted),
];
