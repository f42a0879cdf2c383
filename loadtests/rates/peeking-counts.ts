import { bernoulliLogE } from '@assay/analysis/methods/bernoulli-cs';
import { bettingLogCapital, boundedMeanCs } from '@assay/analysis/methods/bounded-mean-cs';
import { eValueBernoulli } from '@assay/analysis/methods/e-value-bernoulli';
import { groupSequential, type Spending } from '@assay/analysis/methods/group-sequential';
import { quantileConstant, quantileRadius } from '@assay/analysis/methods/quantile-cs';
import { multinomialLogE } from '@assay/analysis/methods/srm-sequential';
import type { Prng } from '@assay/domain/prng';
import { heavy, type Law, poisson } from './laws.ts';
import { type Scenario, watch } from './scenario.ts';

const ALPHA = 0.05;
const LEVEL = -Math.log(ALPHA);

function drawArm(random: Prng, weights: readonly number[]): number {
  let [arm, u] = [0, random.next()];
  while (arm < weights.length - 1 && u >= (weights[arm] ?? 1)) {
    u -= weights[arm] ?? 1;
    arm += 1;
  }
  return arm;
}

/** Counts against planned shares; with `wave` the traffic itself swings, which the shares do not feel. */
function srm(weights: readonly number[], wave: boolean) {
  return (random: Prng, looks: number): number[] => {
    const totals = weights.map(() => 0);
    const grow = (look: number): void => {
      const units = wave ? 5 + Math.round(5 * Math.sin(look / 20)) : 5;
      for (let i = 0; i < units; i++) {
        const arm = drawArm(random, weights);
        totals[arm] = (totals[arm] ?? 0) + 1;
      }
    };
    return watch(looks, grow, () => multinomialLogE(totals, weights, 100) >= LEVEL);
  };
}

function events(rate: (progress: number) => number) {
  return (random: Prng, looks: number): number[] => {
    let [control, treatment] = [0, 0];
    for (let look = 0; look < looks; look++) {
      control += poisson(random, rate(look / looks));
      treatment += poisson(random, rate(look / looks));
      if (multinomialLogE([control, treatment], [0.5, 0.5], 100) >= LEVEL) return [1];
    }
    return [0];
  };
}

function bernoulliExcludes(rate: number) {
  return (random: Prng, looks: number): number[] => {
    let successes = 0;
    for (let n = 1; n <= looks; n++) {
      if (random.next() < rate) successes += 1;
      if (bernoulliLogE(successes, n, rate, [1, 1]) >= LEVEL) return [1];
    }
    return [0];
  };
}

function blocks(rate: number) {
  return (random: Prng, looks: number): number[] => {
    const draws = Array.from({ length: looks }, () => [
      Number(random.next() < rate),
      Number(random.next() < rate),
    ]);
    const all = Array.from({ length: looks }, (_, i) => i + 1);
    const { p } = eValueBernoulli({ blocks: draws, size: [1, 1], prior: [0.18, 0.18] }, all);
    return [Number((p.at(-1) ?? 1) <= ALPHA)];
  };
}

/** Values in [0, 1] with this mean; an alarm is a limit that passes the mean, on either side. */
function bounded(kind: 'betting' | 'empirical-bernstein', law: Law, mean: number) {
  return (random: Prng, looks: number): number[] => {
    const values = Array.from({ length: looks }, (_, i) => law(random, i / looks));
    if (kind === 'betting') {
      const up = bettingLogCapital(values, mean, ALPHA);
      const down = bettingLogCapital(
        values.map((x) => 1 - x),
        1 - mean,
        ALPHA,
      );
      return [Number(up.some((log) => log >= LEVEL) || down.some((log) => log >= LEVEL))];
    }
    const at = values.map((_, i) => i + 1);
    const { lower, upper } = boundedMeanCs(values, { range: [0, 1], kind, alpha: ALPHA, at });
    return [Number(lower.some((x) => x > mean) || upper.some((x) => x < mean))];
  };
}

const C = quantileConstant(ALPHA);

/** The law's q-quantile is missed when too few or too many values lie below it: x₍⌈n(q−u)⌉₎ and x₍⌊n(q+u)⌋+1₎ only need that count. */
function quantile(law: Law, q: number, truth: number) {
  return (random: Prng, looks: number): number[] => {
    let below = 0;
    for (let n = 1; n <= looks; n++) {
      if (law(random, 0) <= truth) below += 1;
      if (n < 32) continue;
      const u = quantileRadius(n, C, 32);
      if (below < Math.ceil(n * (q - u)) || below >= Math.floor(n * (q + u)) + 1) return [1];
    }
    return [0];
  };
}

/** Twenty planned looks: what is planned for more is spent over more, at a quadratic cost in their number. */
function planned(spending: Spending) {
  const information = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);
  const { bounds } = groupSequential(information, { alpha: ALPHA, sides: 2, spending, gamma: -4 });
  return (random: Prng): number[] => {
    let sum = 0;
    for (const [i, bound] of bounds.entries()) {
      sum += random.normal();
      if (Math.abs(sum / Math.sqrt(i + 1)) >= bound) return [1];
    }
    return [0];
  };
}

const of = (method: string, id: string, data: string, run: Scenario['run']): Scenario => ({
  ...{ id: `peeking/${method}/${id}`, table: 'peeking', method, data, stated: { atMost: ALPHA }, run },
});

const uniform: Law = (random) => random.next();
/** Beta(10, 30) as a share that two gammas make would be slow; the mean of four uniforms is as narrow. */
const narrow: Law = (random) => (random.next() + random.next() + random.next() + random.next()) / 4;
const rare: Law = (random) => (random.next() < 0.05 ? random.next() : 0);
const swinging: Law = (random, progress) =>
  0.5 + 0.4 * (random.next() < 0.5 ? 1 : -1) * Math.abs(Math.sin(9 * progress));

export const PEEKING_COUNTS: readonly Scenario[] = [
  of('srm-sequential', 'even', '50 : 50, 5 units a look', srm([0.5, 0.5], false)),
  of('srm-sequential', 'canary', '95 : 5, traffic swings', srm([0.95, 0.05], true)),
  of('srm-sequential', 'three', '60 : 30 : 10', srm([0.6, 0.3, 0.1], false)),
  of(
    'e-value-poisson',
    'steady',
    '2 events an arm and look',
    events(() => 2),
  ),
  of(
    'e-value-poisson',
    'drifting',
    'rate falls from 3 to 0.2 in both arms',
    events((t) => 3 - 2.8 * t),
  ),
  of('bernoulli-cs', 'half', 'rate 50 %, a look after every trial', bernoulliExcludes(0.5)),
  of('bernoulli-cs', 'rare', 'rate 1 %, a look after every trial', bernoulliExcludes(0.01)),
  of('e-value-bernoulli', 'third', 'rate 30 % in both arms', blocks(0.3)),
  of('e-value-bernoulli', 'rare', 'rate 2 % in both arms', blocks(0.02)),
  of(
    'bounded-mean-cs',
    'bernstein',
    'empirical Bernstein, uniform',
    bounded('empirical-bernstein', uniform, 0.5),
  ),
  of(
    'bounded-mean-cs',
    'bernstein-rare',
    'empirical Bernstein, 95 % zeros',
    bounded('empirical-bernstein', rare, 0.025),
  ),
  of('bounded-mean-cs', 'betting', 'betting, narrow', bounded('betting', narrow, 0.5)),
  of('bounded-mean-cs', 'betting-rare', 'betting, 95 % zeros', bounded('betting', rare, 0.025)),
  of(
    'bounded-mean-cs',
    'betting-swing',
    'betting, variance swings from 0 to 0.16',
    bounded('betting', swinging, 0.5),
  ),
  of('quantile-cs', 'median', 'median of a log-normal', quantile(heavy, 0.5, 1)),
  of('quantile-cs', 'p95', '95 % quantile of a uniform', quantile(uniform, 0.95, 0.95)),
  of('group-sequential', 'obrien-fleming', "O'Brien-Fleming, 20 looks", planned('obrien-fleming')),
  of('group-sequential', 'pocock', 'Pocock, 20 looks', planned('pocock')),
  of('group-sequential', 'hsd', 'Hwang-Shih-DeCani γ = −4, 20 looks', planned('hwang-shih-decani')),
];
