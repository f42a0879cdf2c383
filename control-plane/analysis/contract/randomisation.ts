import { geoDid, MAX_PAIRS } from '../methods/geo-did.ts';
import { MAX_SPLITS, permutationTest, splits } from '../methods/permutation-test.ts';
import { MAX_BLOCKS, switchback } from '../methods/switchback.ts';
import { alternative, level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { alpha, binary, count, number } from './number-shapes.ts';
import { prePeriods } from './quasi-experiments.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, hasPostPeriod, outOfRange, rectangular, sameLength } from './rules.ts';
import { list } from './shape.ts';

interface SwitchbackRequest {
  readonly outcomes: number[];
  readonly blockArms: number[];
  readonly blockLength: number;
  readonly burnIn: number;
}

function switchbackRules({ outcomes, blockArms, blockLength, burnIn }: SwitchbackRequest): Refusal | null {
  const periods = blockArms.length * blockLength;
  if (outcomes.length !== periods)
    return refuse(
      'length-mismatch',
      'outcomes',
      outcomes.length,
      `${blockArms.length} blocks have ${periods} periods`,
      `Give ${periods}`,
    );
  if (burnIn >= periods)
    return outOfRange('burnIn', burnIn, 'it leaves no period', `Give less than ${periods}`);
  return blockArms.length > MAX_BLOCKS
    ? outOfRange(
        'blockArms',
        blockArms.length,
        `more than ${MAX_BLOCKS} blocks are not enumerated`,
        `Give at most ${MAX_BLOCKS}`,
      )
    : null;
}

export const RANDOMISATION: readonly Method[] = [
  method(
    'switchback',
    {
      outcomes: list(number()),
      blockArms: list(binary()),
      blockLength: count({ min: 1 }),
      burnIn: count(),
      treatmentProbability: alpha(),
    },
    (r) => switchback(r),
    switchbackRules,
  ),
  method(
    'permutation-test',
    { control: list(number()), treatment: list(number()), alternative },
    (r) => permutationTest(r.control, r.treatment, r.alternative),
    ({ control, treatment }) => {
      const all = splits(control.length + treatment.length, control.length);
      return all > MAX_SPLITS
        ? outOfRange(
            'control',
            control.length,
            `${all} splits are more than ${MAX_SPLITS}`,
            'Use mean-difference',
          )
        : null;
    },
  ),
  method(
    'geo-did',
    { control: list(list(number())), treatment: list(list(number())), prePeriods, ...level },
    (r) => geoDid(r.control, r.treatment, r.prePeriods, r.alpha),
    (r) =>
      firstOf(
        () => rectangular('control', r.control),
        () => sameLength(r.control, { treatment: r.treatment }),
        () => rectangular('treatment', r.treatment, r.control[0]?.length ?? 0),
        () => hasPostPeriod(r.prePeriods, r.control[0]?.length ?? 0),
        () =>
          r.control.length < 2
            ? refuse(
                'too-few',
                'control',
                r.control.length,
                'one pair has no error',
                'Give two pairs or more',
              )
            : null,
        () =>
          r.control.length > MAX_PAIRS
            ? outOfRange(
                'control',
                r.control.length,
                `more than ${MAX_PAIRS} pairs are not enumerated`,
                `Give at most ${MAX_PAIRS}`,
              )
            : null,
      ),
  ),
];
