import { asymptoticCs } from '../methods/asymptotic-cs.ts';
import { msprt } from '../methods/msprt.ts';
import { srmSequential } from '../methods/srm-sequential.ts';
import { arm, constantArms } from './arm-shape.ts';
import { baseline, level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { count, flag, number } from './number-shapes.ts';
import { firstOf, rectangular, sumsToOne } from './rules.ts';
import { list, object, optional } from './shape.ts';

export const SEQUENTIAL: readonly Method[] = [
  method(
    'srm-sequential',
    {
      looks: list(list(count(), { atLeast: 2 })),
      weights: list(number({ above: 0 })),
      concentration: optional(number({ above: 0 }), 100),
      ...level,
    },
    (r) => srmSequential(r.looks, r.weights, r),
    ({ looks, weights }) =>
      firstOf(
        () => rectangular('looks', looks, weights.length),
        () => sumsToOne('weights', weights),
      ),
  ),
  method(
    'msprt',
    {
      looks: list(object({ estimate: number(), variance: number({ above: 0 }) })),
      mixingVariance: number({ above: 0 }),
      ...level,
    },
    (r) => msprt(r.looks, r.mixingVariance, r.alpha),
  ),
  method(
    'asymptotic-cs',
    {
      control: arm(),
      treatment: arm(),
      ...level,
      tuning: optional(number({ above: 0 }), 5000),
      relative: optional(flag(), false),
    },
    (r) => asymptoticCs(r.control, r.treatment, r),
    (r) =>
      firstOf(
        () => (r.relative ? baseline(r.control) : null),
        () => constantArms(r),
      ),
  ),
];
