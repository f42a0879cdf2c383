import { bernoulliCs } from '../methods/bernoulli-cs.ts';
import { BOUNDED_KINDS, boundedMeanCs } from '../methods/bounded-mean-cs.ts';
import { eValueBernoulli } from '../methods/e-value-bernoulli.ts';
import { eValuePoisson } from '../methods/e-value-poisson.ts';
import { groupSequential, SPENDING, type Spending } from '../methods/group-sequential.ts';
import { quantileCs } from '../methods/quantile-cs.ts';
import { sum } from '../numeric/sum.ts';
import { level, moreThanTrials, trialCount } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { alpha, count, number, oneOf, word } from './number-shapes.ts';
import { pair } from './pair-shape.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, outOfRange, rectangular, sameLength } from './rules.ts';
import { list, object, optional } from './shape.ts';

const positivePair = pair(number({ above: 0 }));
const events = object({ counts: list(count()), exposure: number({ above: 0 }) });

/** Positions after which an answer is wanted: 1 to the length. */
export function reachable(after: readonly number[], length: number): Refusal | null {
  const i = after.findIndex((t) => t > length);
  return i < 0 ? null : outOfRange(`at[${i}]`, after[i], `there are only ${length}`, `Give 1 to ${length}`);
}

function boundedRules({
  values,
  range,
  at,
}: {
  values: number[];
  range: readonly [number, number];
  at: number[];
}): Refusal | null {
  const [low, high] = range;
  if (low >= high)
    return outOfRange('range[1]', high, `it is not above ${low}`, 'Give a range [low, high] with low < high');
  const i = values.findIndex((x) => x < low || x > high);
  if (i >= 0)
    return outOfRange(
      `values[${i}]`,
      values[i],
      `it is outside of [${low}, ${high}]`,
      'Give values inside the range',
    );
  return reachable(at, values.length);
}

function increasing({
  information,
  spending,
  gamma,
}: {
  information: number[];
  spending: Spending;
  gamma: number | null;
}): Refusal | null {
  const i = information.findIndex((t, k) => k > 0 && t <= (information[k - 1] ?? 0));
  if (i >= 0)
    return outOfRange(
      `information[${i}]`,
      information[i],
      'it does not increase',
      'Give looks in order of information',
    );
  return spending === 'hwang-shih-decani' && gamma === null
    ? refuse('missing-field', 'gamma', null, 'this spending function needs it', 'Give gamma')
    : null;
}

interface BlockRequest {
  readonly blocks: number[][];
  readonly size: readonly [number, number];
  readonly at: number[];
}

function blockRules({ blocks, size, at }: BlockRequest): Refusal | null {
  for (const [i, block] of blocks.entries())
    for (const [j, x] of block.entries())
      if (x > (size[j] ?? x))
        return outOfRange(
          `blocks[${i}][${j}]`,
          x,
          `a block has ${size[j]} trials`,
          `Give at most ${size[j]}`,
        );
  return reachable(at, blocks.length);
}

export const SEQUENTIAL_MORE: readonly Method[] = [
  method(
    'bounded-mean-cs',
    {
      values: list(number()),
      range: pair(number()),
      kind: word(BOUNDED_KINDS),
      ...level,
      at: list(count({ min: 1 })),
    },
    (r) => boundedMeanCs(r.values, r),
    boundedRules,
  ),
  method(
    'bernoulli-cs',
    { successes: count(), n: trialCount(), prior: positivePair, ...level },
    (r) => bernoulliCs(r.successes, r.n, r),
    (r) => moreThanTrials(r, 'successes'),
  ),
  method(
    'quantile-cs',
    { values: list(number()), q: alpha(), ...level, tMin: optional(count({ min: 1 }), 32) },
    (r) => quantileCs(r.values, r.q, r),
    ({ values, tMin }) =>
      values.length < tMin
        ? refuse('too-few', 'values', values.length, `tMin is ${tMin}`, `Give at least ${tMin} values`)
        : null,
  ),
  method(
    'group-sequential',
    {
      information: list(number({ above: 0, max: 1 })),
      ...level,
      sides: optional(oneOf([1, 2]), 2),
      spending: word(SPENDING),
      gamma: optional<number | null>(number(), null),
    },
    ({ gamma, ...r }) => groupSequential(r.information, { ...r, gamma: gamma ?? 0 }),
    increasing,
  ),
  method(
    'e-value-poisson',
    { control: events, treatment: events, concentration: optional(number({ above: 0 }), 100), ...level },
    (r) => eValuePoisson(r.control, r.treatment, r),
    ({ control, treatment }) =>
      firstOf(
        () => sameLength(control.counts, { 'treatment.counts': treatment.counts }),
        () =>
          sum(control.counts) + sum(treatment.counts) === 0
            ? refuse('empty', 'control.counts', 0, 'no event happened', 'Give at least one event')
            : null,
      ),
  ),
  method(
    'e-value-bernoulli',
    {
      blocks: list(list(count())),
      size: pair(count({ min: 1 })),
      prior: positivePair,
      ...level,
      at: list(count({ min: 1 })),
    },
    (r) => eValueBernoulli(r, r.at),
    (r) =>
      firstOf(
        () => rectangular('blocks', r.blocks, 2),
        () => blockRules(r),
      ),
  ),
];
