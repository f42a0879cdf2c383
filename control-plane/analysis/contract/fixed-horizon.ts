import { covariateArm, cuped } from '../methods/cuped.ts';
import { meanDifference } from '../methods/mean-difference.ts';
import { multiplicity, PROCEDURES } from '../methods/multiplicity.ts';
import { nonInferiority } from '../methods/non-inferiority.ts';
import { DIFFERENCE_INTERVALS, proportionDifference } from '../methods/proportion-difference.ts';
import { PROPORTION_INTERVALS, type Proportion, proportionInterval } from '../methods/proportion-interval.ts';
import { asMean, ratioArm, ratioMetric } from '../methods/ratio-metric.ts';
import { linearLift, logLift } from '../methods/relative-lift.ts';
import { srm } from '../methods/srm.ts';
import { sum } from '../numeric/sum.ts';
import { arm, constantArms, type GivenArm } from './arm-shape.ts';
import { type Method, method } from './method.ts';
import { alpha, count, flag, number, probability, word } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, outOfRange, sameLength, sumsToOne, varies } from './rules.ts';
import { list, object, optional } from './shape.ts';

const arms = { control: arm(), treatment: arm() };
export const level = { alpha: optional(alpha(), 0.05) };
export const alternative = optional(word(['two-sided', 'greater', 'less'] as const), 'two-sided');
const better = word(['higher', 'lower'] as const);

const zeroBaseline = (control: GivenArm): Refusal | null =>
  control.mean === 0
    ? refuse(
        'zero-denominator',
        'control.mean',
        0,
        'a relative effect divides by it',
        'Use an absolute effect',
      )
    : null;

export function baseline(control: GivenArm): Refusal | null {
  return zeroBaseline(control);
}

function positiveMeans({ control, treatment }: { control: GivenArm; treatment: GivenArm }): Refusal | null {
  for (const [field, given] of [
    ['control.mean', control.mean],
    ['treatment.mean', treatment.mean],
  ] as const)
    if (given <= 0)
      return outOfRange(field, given, 'the log scale needs a positive mean', 'Use "scale": "linear"');
  return null;
}

const trials = (): ReturnType<
  typeof object<{ successes: ReturnType<typeof count>; n: ReturnType<typeof count> }>
> => object({ successes: count(), n: trialCount() });

export const trialCount = () => count({ min: 1, belowMin: 'too-few' });

export const moreThanTrials = ({ successes, n }: Proportion, field: string): Refusal | null =>
  successes > n ? outOfRange(field, successes, `there were only ${n} trials`, `Give at most ${n}`) : null;

const pairs = <A extends string, B extends string>(first: A, second: B) =>
  object({ [first]: list(number(), { atLeast: 2 }), [second]: list(number(), { atLeast: 2 }) } as Record<
    A | B,
    ReturnType<typeof list<number>>
  >);

interface RatioRequest {
  readonly control: Readonly<Record<'numerator' | 'denominator', number[]>>;
  readonly treatment: Readonly<Record<'numerator' | 'denominator', number[]>>;
  readonly relative: boolean;
}

function ratioRules({ control, treatment, relative }: RatioRequest): Refusal | null {
  const zero = (field: string, values: readonly number[]): Refusal | null =>
    sum(values) === 0
      ? refuse('zero-denominator', field, 0, 'it adds to 0', 'Give denominators that do not add to 0')
      : null;
  return firstOf(
    () => sameLength(control.numerator, { 'control.denominator': control.denominator }),
    () => sameLength(treatment.numerator, { 'treatment.denominator': treatment.denominator }),
    () => zero('control.denominator', control.denominator),
    () => zero('treatment.denominator', treatment.denominator),
    () => (relative ? zero('control.numerator', control.numerator) : null),
    () => {
      const [a, b] = [control, treatment].map((x) => asMean(ratioArm(x.numerator, x.denominator)).variance);
      return a === 0 && b === 0
        ? refuse('constant', 'control.numerator', 0, 'no ratio varies', 'Give units that differ')
        : null;
    },
  );
}

interface CovariateRequest {
  readonly control: Readonly<Record<'y' | 'x', number[]>>;
  readonly treatment: Readonly<Record<'y' | 'x', number[]>>;
  readonly covariateUntilMs: number | null;
  readonly exposureFromMs: number | null;
}

/** What a treatment has touched takes a part of its effect away. Times in milliseconds; asked only where one is given. */
function measuredBefore({ covariateUntilMs: until, exposureFromMs: from }: CovariateRequest): Refusal | null {
  if (until === null && from === null) return null;
  const field = until === null ? 'covariateUntilMs' : 'exposureFromMs';
  if (until === null || from === null)
    return refuse('missing-field', field, null, 'the other of the two times is given', `Give ${field}`);
  return until <= from
    ? null
    : outOfRange(
        'covariateUntilMs',
        until,
        `exposure began at ${from}: the covariate was measured after it`,
        'Give a covariate from before the first exposure',
      );
}

function covariateRules(request: CovariateRequest): Refusal | null {
  const { control, treatment } = request;
  return firstOf(
    () => sameLength(control.y, { 'control.x': control.x }),
    () => sameLength(treatment.y, { 'treatment.x': treatment.x }),
    () => (varies('treatment.y', treatment.y) ? varies('control.y', control.y) : null),
    () => varies('control.x', [...control.x, ...treatment.x]),
    () => measuredBefore(request),
  );
}

const perUnitCovariates = pairs('y', 'x');
const perUnitRatio = pairs('numerator', 'denominator');

export const FIXED_HORIZON: readonly Method[] = [
  method(
    'mean-difference',
    { ...arms, ...level, alternative },
    (r) => meanDifference(r.control, r.treatment, r),
    constantArms,
  ),
  method(
    'relative-lift',
    { ...arms, ...level, scale: optional(word(['linear', 'log'] as const), 'linear') },
    (r) => (r.scale === 'linear' ? linearLift : logLift)(r.control, r.treatment, r.alpha),
    (r) =>
      firstOf(
        () => zeroBaseline(r.control),
        () => (r.scale === 'log' ? positiveMeans(r) : null),
        () => constantArms(r),
      ),
  ),
  method(
    'ratio-metric',
    { control: perUnitRatio, treatment: perUnitRatio, ...level, relative: optional(flag(), false) },
    (r) =>
      ratioMetric(
        ratioArm(r.control.numerator, r.control.denominator),
        ratioArm(r.treatment.numerator, r.treatment.denominator),
        r,
      ),
    ratioRules,
  ),
  method(
    'cuped',
    {
      control: perUnitCovariates,
      treatment: perUnitCovariates,
      ...level,
      covariateUntilMs: optional<number | null>(number(), null),
      exposureFromMs: optional<number | null>(number(), null),
    },
    (r) => cuped(covariateArm(r.control.y, r.control.x), covariateArm(r.treatment.y, r.treatment.x), r.alpha),
    covariateRules,
  ),
  method(
    'proportion-difference',
    {
      control: trials(),
      treatment: trials(),
      ...level,
      interval: optional(word(DIFFERENCE_INTERVALS), 'newcombe'),
    },
    (r) => proportionDifference(r.control, r.treatment, r),
    ({ control, treatment }) =>
      firstOf(
        () => moreThanTrials(control, 'control.successes'),
        () => moreThanTrials(treatment, 'treatment.successes'),
        () => {
          const all = control.successes + treatment.successes;
          if (all > 0 && all < control.n + treatment.n) return null;
          return refuse(
            'constant',
            'control.successes',
            control.successes,
            'every trial ended alike',
            'Give trials of both outcomes',
          );
        },
      ),
  ),
  method(
    'proportion-interval',
    {
      successes: count(),
      n: trialCount(),
      ...level,
      interval: optional(word(PROPORTION_INTERVALS), 'wilson'),
    },
    (r) => proportionInterval(r, r),
    (r) => moreThanTrials(r, 'successes'),
  ),
  method(
    'non-inferiority',
    { ...arms, margin: number({ min: 0 }), better, ...level },
    (r) => nonInferiority(r.control, r.treatment, r),
    constantArms,
  ),
  method(
    'srm',
    { counts: list(count(), { atLeast: 2 }), weights: list(number({ above: 0 })) },
    (r) => srm(r.counts, r.weights),
    ({ counts, weights }) =>
      firstOf(
        () => sameLength(counts, { weights }),
        () => sumsToOne('weights', weights),
        () =>
          sum(counts) === 0
            ? refuse('too-few', 'counts', 0, 'there is no unit', 'Give counts that add to 1 or more')
            : null,
      ),
  ),
  method('multiplicity', { p: list(probability()), procedure: word(PROCEDURES), ...level }, (r) =>
    multiplicity(r.p, r),
  ),
];
