import { asymptoticCs } from '@assay/analysis/methods/asymptotic-cs';
import { groupSequential } from '@assay/analysis/methods/group-sequential';
import { meanDifference } from '@assay/analysis/methods/mean-difference';
import { msprt } from '@assay/analysis/methods/msprt';
import { oneSidedEvidence } from '@assay/analysis/one-sided-sequence';
import { MIN_UNITS_PER_ARM } from '@assay/analysis/rollout-guard';
import type { Prng } from '@assay/domain/prng';
import { normal } from './laws.ts';
import { Running } from './running.ts';
import type { Scenario } from './scenario.ts';

const ALPHA = 0.05;
const BATCH = 5;
/** √(2/n)·(1.96 + 0.8416): the effect that Welch finds with 80 % at n units an arm, sd 1. */
const effectFor = (n: number): number => Math.sqrt(2 / n) * 2.8016;

type Found = (control: Running, treatment: Running, planned: number) => boolean;

const TESTS: Readonly<Record<string, Found>> = {
  'asymptotic-cs': (control, treatment, planned) =>
    asymptoticCs(control, treatment, { alpha: ALPHA, tuning: planned }).p < ALPHA,
  msprt: (control, treatment, planned) => {
    const variance = control.variance / control.n + treatment.variance / treatment.n;
    const { p } = msprt([{ estimate: treatment.mean - control.mean, variance }], 8 / planned, ALPHA);
    return (p[0] as number) < ALPHA;
  },
  'rollout-guard': (control, treatment, planned) =>
    oneSidedEvidence(control, treatment, { alpha: ALPHA, tuning: planned }).logEAbove >= -Math.log(ALPHA),
};

/** Found at all; found by Welch at the end; share of the planned sample used. */
const sequential =
  (test: Found, scale: number): Scenario['run'] =>
  (random: Prng, looks: number) => {
    const effect = scale * effectFor(BATCH * looks);
    const [control, treatment] = [new Running(), new Running()];
    let stopped = 0;
    for (let look = 1; look <= looks; look++) {
      for (let i = 0; i < BATCH; i++) {
        control.add(normal(random, 0));
        treatment.add(effect + normal(random, 0));
      }
      if (stopped === 0 && control.n >= MIN_UNITS_PER_ARM && test(control, treatment, 2 * BATCH * looks))
        stopped = look;
    }
    const fixed = Number(meanDifference(control, treatment, { alpha: ALPHA }).p < ALPHA);
    return [Number(stopped > 0), fixed, (stopped === 0 ? looks : stopped) / looks];
  };

function planned(scale: number): Scenario['run'] {
  const information = [0.2, 0.4, 0.6, 0.8, 1];
  const { bounds } = groupSequential(information, { alpha: ALPHA, sides: 2, spending: 'obrien-fleming' });
  return (random) => {
    let [sum, stopped] = [0, 0];
    for (const [i, bound] of bounds.entries()) {
      sum += random.normal() + (scale * 2.8016) / Math.sqrt(5);
      if (stopped === 0 && Math.abs(sum / Math.sqrt(i + 1)) >= bound) stopped = i + 1;
    }
    return [
      Number(stopped > 0),
      Number(Math.abs(sum / Math.sqrt(5)) >= 1.959963984540054),
      (stopped || 5) / 5,
    ];
  };
}

const of = (method: string, scale: number, atLeast: number, run: Scenario['run']): Scenario => ({
  id: `power/${method}/${scale}`,
  table: 'power',
  method,
  data: scale === 1 ? 'the effect that Welch finds with 80 %' : `${scale} times that effect`,
  stated: { atLeast },
  also: ['fixed horizon', 'share of the sample used'],
  run,
});

/** What each must find at least: beneath what it finds, so that a change which costs power shows. */
const LEAST: Readonly<Record<string, readonly [number, number]>> = {
  'asymptotic-cs': [0.35, 0.85],
  msprt: [0.3, 0.8],
  'rollout-guard': [0.5, 0.9],
};

export const POWER: readonly Scenario[] = [
  ...Object.entries(TESTS).flatMap(([name, test]) => [
    of(name, 1, LEAST[name]?.[0] ?? 0, sequential(test, 1)),
    of(name, 1.5, LEAST[name]?.[1] ?? 0, sequential(test, 1.5)),
  ]),
  of('group-sequential', 1, 0.77, planned(1)),
  of('group-sequential', 1.5, 0.97, planned(1.5)),
];
